import { createRoute, z } from "@hono/zod-openapi";
import { STATUS_CODE } from "@std/http/status";
import type { HttpDeps } from "../http_deps.ts";
import { jsonAnswer, PROBLEMS, requireWorld } from "../route_parts.ts";
import type { Router } from "../router_type.ts";
import { auditRowsSchema } from "../schemas.ts";

const memberSchema = z.object({
  id: z.string(),
  room_id: z.string().openapi({ description: "The world" }),
  user_id: z.string().openapi({ description: "Name of the credential" }),
  client_id: z.string().nullable().openapi({ description: "What the client calls itself" }),
  connected_at: z.number().openapi({ description: "ms since 1970" }),
});
const worldStatsSchema = z.object({
  room_id: z.string(),
  connection_count: z.int(),
  connections: z.array(memberSchema),
  ended: auditRowsSchema,
  timestamp: z.number().openapi({ description: "ms since 1970" }),
}).openapi("WorldStats");

/** `/ws/{world}/stats`: who is in one world, and who was. */
export function addWorldStatsRoute(router: Router, { status, worlds, clock }: HttpDeps): void {
  router.openapi(
    createRoute({
      method: "get",
      path: "/ws/{w}/stats",
      summary: "Connections of one world",
      request: { params: z.object({ w: z.string() }) },
      responses: { 200: jsonAnswer("As of now", worldStatsSchema), ...PROBLEMS },
    }),
    (context) => {
      const { id: world } = requireWorld(worlds, context.req.valid("param").w);
      const { members, audit } = status();
      const connections = members(world).map(({ id, userId, clientId, connectedAtMs }) => ({
        id,
        room_id: world,
        user_id: userId,
        client_id: clientId,
        connected_at: connectedAtMs,
      }));
      return context.json({
        room_id: world,
        connection_count: connections.length,
        connections,
        // Whoever may see a world need not know from where others came.
        ended: audit(world).map(({ remote_address: _address, ...row }) => row),
        timestamp: clock.now(),
      }, STATUS_CODE.OK);
    },
  );
}
