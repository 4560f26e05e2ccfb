import { createRoute, z } from "@hono/zod-openapi";
import { STATUS_CODE } from "@std/http/status";
import { TREE_KINDS } from "../../tree/mod.ts";
import type { HttpDeps } from "../http_deps.ts";
import { jsonAnswer, PROBLEMS } from "../route_parts.ts";
import type { Router } from "../router_type.ts";

const statsSchema = z.object({
  timestamp: z.number().openapi({ description: "ms since 1970" }),
  clients: z.record(z.string(), z.number()),
  ledger: z.object({
    owed: z.int(),
    delivered: z.int(),
    superseded: z.int(),
    left_view: z.int(),
    dropped: z.record(z.string(), z.int()),
    pending: z.int(),
  }).openapi({ description: "owed = delivered + superseded + left_view + all dropped + pending" }),
  kinds: z.record(z.enum(TREE_KINDS), z.record(z.string(), z.number())).openapi({
    description: "Clients, builds, cached regions and frames sent, by kind of tree",
  }),
  connections: z.array(z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))),
}).openapi("SocketStats");

/** `/ws/stats`: who is connected, and what became of every frame. */
export function addStatsRoute(router: Router, { status, clock }: HttpDeps): void {
  router.openapi(
    createRoute({
      method: "get",
      path: "/ws/stats",
      summary: "Connections and the ledger of frames",
      responses: { 200: jsonAnswer("As of now", statsSchema), ...PROBLEMS },
    }),
    (context) => {
      const { clients, ledger, kinds, connections } = status();
      const { leftView, dropped, owed, delivered, superseded, pending } = ledger;
      return context.json({
        timestamp: clock.now(),
        clients: snakeKeys({ ...clients }),
        ledger: { owed, delivered, superseded, left_view: leftView, dropped: { ...dropped }, pending },
        kinds: { esvo: snakeKeys({ ...kinds.esvo }), esvt: snakeKeys({ ...kinds.esvt }) },
        connections: connections().map((row) => ({ ...row })),
      }, STATUS_CODE.OK);
    },
  );
}

function snakeKeys(record: Record<string, number>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(record).map((
      [key, value],
    ) => [key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), value]),
  );
}
