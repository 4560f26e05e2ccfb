import { createRoute, z } from "@hono/zod-openapi";
import { STATUS_CODE } from "@std/http/status";
import { VoxcastError } from "../../protocol/mod.ts";
import { isWebSocketUpgrade, requireAllowed } from "../../security/mod.ts";
import type { HttpDeps, ProfileName } from "../http_deps.ts";
import { HttpError } from "../problem.ts";
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

/** A world that is named here must be one that the principal may enter; that it exists is for the socket to say. */
function upgrade(
  deps: HttpDeps,
  name: ProfileName,
  request: Request,
  { remoteAddress, principal }: RequestBindings,
  world: string | undefined,
): Response {
  if (!isWebSocketUpgrade(request)) {
    throw new HttpError("UNSUPPORTED_PROTOCOL", "This address speaks WebSocket only", {
      status: STATUS_CODE.UpgradeRequired,
      headers: { upgrade: "websocket", connection: "upgrade" },
    });
  }
  if (principal !== undefined && world !== undefined) requireAllowed(principal, "viewer", { world });
  try {
    return deps.upgrade(name, request, { remoteAddress, principal });
  } catch (error) {
    if (!(error instanceof TypeError) || hasHandshake(request)) throw error;
    throw new VoxcastError(
      "UNSUPPORTED_PROTOCOL",
      "The WebSocket handshake lacks Connection: Upgrade or Sec-WebSocket-Key",
      { cause: error },
    );
  }
}

/** What the runtime's upgrade asks for beside `Upgrade`; it refuses a lack with a TypeError. */
function hasHandshake({ headers }: Request): boolean {
  const connection = (headers.get("connection") ?? "").toLowerCase().split(",");
  return connection.some((token) => token.trim() === "upgrade") && headers.has("sec-websocket-key");
}
