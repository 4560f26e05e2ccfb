import { createRoute, z } from "@hono/zod-openapi";
import { STATUS_CODE } from "@std/http/status";
import { VoxcastError } from "../../protocol/mod.ts";
import { isWebSocketUpgrade } from "../../security/mod.ts";
import type { HttpDeps } from "../http_deps.ts";
import { HttpError } from "../problem.ts";
import { PROBLEMS } from "../route_parts.ts";
import type { Router } from "../router_type.ts";

/** `/ws/render`: the way into the region stream. Authentication lies before the router, so before the upgrade. */
export function addRenderRoute(router: Router, { upgradeRender }: HttpDeps): void {
  router.openapi(
    createRoute({
      method: "get",
      path: "/ws/render",
      summary: "WebSocket: stream the regions that a camera sees",
      description:
        "The messages are described with the protocol. A browser sends the API key as subprotocol " +
        "`voxcast.key.<base64url(KEY)>` beside `voxcast`.",
      request: { query: z.object({ world: z.string().optional() }) },
      responses: { 101: { description: "The socket is open" }, ...PROBLEMS },
    }),
    (context) => {
      const request = context.req.raw;
      if (isWebSocketUpgrade(request)) {
        try {
          return upgradeRender(request, context.env.remoteAddress);
        } catch (error) {
          if (!(error instanceof TypeError) || hasHandshake(request)) throw error;
          throw new VoxcastError(
            "UNSUPPORTED_PROTOCOL",
            "The WebSocket handshake lacks Connection: Upgrade or Sec-WebSocket-Key",
            { cause: error },
          );
        }
      }
      throw new HttpError("UNSUPPORTED_PROTOCOL", "This address speaks WebSocket only", {
        status: STATUS_CODE.UpgradeRequired,
        headers: { upgrade: "websocket", connection: "upgrade" },
      });
    },
  );
}

/** What the runtime's upgrade asks for beside `Upgrade`; it refuses a lack with a TypeError. */
function hasHandshake({ headers }: Request): boolean {
  const connection = (headers.get("connection") ?? "").toLowerCase().split(",");
  return connection.some((token) => token.trim() === "upgrade") && headers.has("sec-websocket-key");
}
