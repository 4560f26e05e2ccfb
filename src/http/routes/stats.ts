import { createRoute, z } from "@hono/zod-openapi";
import { STATUS_CODE } from "@std/http/status";
import { hasRole } from "../../security/mod.ts";
import { TREE_KINDS } from "../../tree/mod.ts";
import type { HttpDeps } from "../http_deps.ts";
import { jsonAnswer, PROBLEMS } from "../route_parts.ts";
import { principalOf, type Router } from "../router_type.ts";
import { auditRowsSchema, rowsSchema } from "../schemas.ts";
import { snakeKeys } from "../snake_keys.ts";
import type { ConnectionRow, KindStatus, SessionStatus } from "../status.ts";

const count = z.int();
const counts = z.record(z.string(), count);
const numbers = z.record(z.string(), z.number());
const sessionsSchema = z.object({
  authenticated: count,
  unauthenticated: count,
  lingering: count.openapi({
    description: "Ended connections that keep their places for a while, as their peers left much unread",
  }),
  entries: count.openapi({ description: "Entries of all tables of sockets; 0 when none is left" }),
  subscriptions: count,
  refused: counts.openapi({ description: "Upgrades turned away, by reason" }),
  messages_in: count,
  messages_out: count,
  bytes_in: count,
  bytes_out: count,
  dropped_frames: count.openapi({ description: "Messages of streams dropped because a client was slow" }),
  undelivered: count.openapi({
    description:
      "Reliable messages without an ACK, and messages of streams that waited, when they were given up",
  }),
  heartbeat_timeouts: count,
  slow_consumers: count,
  compression: numbers.openapi({ description: "ratio = sent_bytes / plain_bytes" }),
  latency: numbers.openapi({ description: "Time to handle a message, over the newest" }),
  limits: counts,
  guard: counts.openapi({ description: "What the guard over memory saw last, and whom it has closed" }),
  auth: z.object({ successes: count, failures: counts, lockouts: count }),
});
const statsSchema = z.object({
  timestamp: z.number().openapi({ description: "ms since 1970" }),
  total_connections: count,
  sessions: sessionsSchema,
  clients: numbers,
  ledger: z.object({
    owed: count,
    delivered: count,
    superseded: count,
    left_view: count,
    dropped: counts,
    pending: count,
  }).openapi({ description: "owed = delivered + superseded + left_view + all dropped + pending" }),
  kinds: z.record(z.enum(TREE_KINDS), numbers).openapi({
    description: "Clients, builds, cached regions and frames sent, by kind of tree",
  }),
  connections: rowsSchema,
  ended: auditRowsSchema,
}).openapi("SocketStats");

/**
 * `/ws/stats`: who is connected, who was, and what became of every message and frame. From where they come is for
 * moderators.
 */
export function addStatsRoute(router: Router, { status, clock }: HttpDeps): void {
  router.openapi(
    createRoute({
      method: "get",
      path: "/ws/stats",
      summary: "Connections of all worlds and the ledger of frames",
      description: "`remote_address` of connections is shown to moderators and owners.",
      responses: { 200: jsonAnswer("As of now", statsSchema), ...PROBLEMS },
    }),
    (context) => {
      const { clients, ledger, kinds, session, connections, audit } = status();
      const seesAddresses = hasRole(principalOf(context), "moderator");
      const shown = ({ remote_address, ...row }: ConnectionRow): ConnectionRow =>
        seesAddresses && remote_address !== undefined ? { ...row, remote_address } : row;
      const { leftView, dropped, owed, delivered, superseded, pending } = ledger;
      return context.json({
        timestamp: clock.now(),
        total_connections: session.open,
        sessions: sessionsJson(session),
        clients: numbersJson({ ...clients }),
        ledger: { owed, delivered, superseded, left_view: leftView, dropped: { ...dropped }, pending },
        kinds: { esvo: kindJson(kinds.esvo), esvt: kindJson(kinds.esvt) },
        connections: connections().map(shown),
        ended: audit().map(shown),
      }, STATUS_CODE.OK);
    },
  );
}

function sessionsJson({ open: _open, ...session }: SessionStatus): z.infer<typeof sessionsSchema> {
  return snakeKeys(session) as z.infer<typeof sessionsSchema>;
}

function kindJson(kind: KindStatus): Record<string, number> {
  return numbersJson({ ...kind });
}

function numbersJson(record: Readonly<Record<string, number>>): Record<string, number> {
  return snakeKeys(record) as Record<string, number>;
}
