import { createRoute, z } from "@hono/zod-openapi";
import { isWebSocketUpgrade, requireAllowed } from "../../security/mod.ts";
import { requireHandshake } from "../handshake.ts";
import type { HttpDeps, ProfileName } from "../http_deps.ts";
import { PROBLEMS } from "../route_parts.ts";
import type { RequestBindings, Router } from "../router_type.ts";

const SUMMARIES: Readonly<Record<ProfileName, string>> = {
  render: "WebSocket: stream the regions that a camera sees",
  heartbeat: "WebSocket: nothing but signs of life, to test a connection",
  "stream_features": "WebSocket: subscribe to streams of features",
};
const DESCRIPTION =
  "The messages are described with the protocol. A browser shows its credential as a subprotocol beside " +
  "`voxcast`: `voxcast.key.<base64url(KEY)>`, `voxcast.token.<JWT>` or `voxcast.ticket.<TICKET>`.";
const query = z.object({
  world: z.string().optional().openapi({ description: "The world of messages that name none" }),
});

/** The ways into the sockets: `/ws/render`, `/ws/heartbeat`, `/ws/stream_features`. */
export function addSocketRoutes(router: Router, deps: HttpDeps): void {
  for (const [name, summary] of Object.entries(SUMMARIES) as [ProfileName, string][]) {
    router.openapi(
      createRoute({
        method: "get",
        path: `/ws/${name}`,
        summary,
        description: DESCRIPTION,
        request: { query },
        responses: { 101: { description: "The socket is open" }, ...PROBLEMS },
      }),
      (context) => upgrade(deps, name, context.req.raw, context.env, context.req.valid("query").world),
    );
  }
}

/**
 * A world that is named here must be one that the principal may enter; that it exists is for the socket to say. A request
 * that asks for no upgrade is told what an upgrade would be refused with.
 */
function upgrade(
  deps: HttpDeps,
  name: ProfileName,
  request: Request,
  { remoteAddress, principal }: RequestBindings,
  world: string | undefined,
): Response {
  const peer = { remoteAddress, principal };
  if (principal !== undefined && world !== undefined) requireAllowed(principal, "viewer", { world });
  if (!isWebSocketUpgrade(request)) deps.checkUpgrade(name, peer);
  requireHandshake(request);
  return deps.upgrade(name, request, peer);
}
