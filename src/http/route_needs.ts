import type { Role } from "../security/mod.ts";
import type { RequestClass } from "./http_limits.ts";

/** What a route asks of whoever uses it. */
export interface RouteNeed {
  /** The least role, or `public`: no credential is asked for. */
  readonly access: "public" | Role;
  /**
   * What the credential must be for: the world that a parameter of the path names, `server` (all worlds, as the answer
   * shows them all or the request concerns them all), or `any`: the answer shows of each world only what the principal
   * may see.
   */
  readonly scope: "any" | "server" | { readonly world: string };
  /** The limit that its requests count for. `connects` goes by address whatever the credential, `exempt` is not counted. */
  readonly limit: RequestClass | "exempt";
  /** A request with `wait` in its query may wait for news: it counts as `longPolls` instead. */
  readonly waits?: true;
  /** It leads to a socket, so a browser may show its credential as a subprotocol or in the query. */
  readonly isSocket?: true;
  /** It may be used without a credential, which comes in the socket's messages. */
  readonly inBand?: true;
}

const WORLD = { world: "w" } as const;

/**
 * What every route needs, in the one place where that is said; a route that is not in it does not start.
 * Looking takes a viewer, editing a participant, emptying a moderator, and making or deleting a world an owner.
 */
export const ROUTE_NEEDS: Readonly<Record<string, RouteNeed>> = {
  "GET /": { access: "public", scope: "any", limit: "exempt" },
  "GET /assets/{name}": { access: "public", scope: "any", limit: "exempt" },
  "GET /api/health": { access: "public", scope: "any", limit: "health" },

  "GET /api/info": { access: "viewer", scope: "any", limit: "settings" },
  "GET /api/openapi.json": { access: "viewer", scope: "any", limit: "default" },
  "POST /api/tickets": { access: "viewer", scope: "any", limit: "connects" },

  "GET /api/metrics": { access: "viewer", scope: "server", limit: "snapshots" },
  "GET /ws/stats": { access: "viewer", scope: "server", limit: "snapshots" },
  "GET /ws/{w}/stats": { access: "viewer", scope: WORLD, limit: "snapshots" },

  "GET /api/worlds": { access: "viewer", scope: "any", limit: "default" },
  "POST /api/worlds": { access: "owner", scope: "server", limit: "default" },
  "GET /api/worlds/{w}": { access: "viewer", scope: WORLD, limit: "default" },
  "DELETE /api/worlds/{w}": { access: "owner", scope: WORLD, limit: "default" },

  "GET /api/worlds/{w}/voxels": { access: "viewer", scope: WORLD, limit: "regions" },
  "POST /api/worlds/{w}/voxels": { access: "participant", scope: WORLD, limit: "ops" },
  "DELETE /api/worlds/{w}/voxels": { access: "moderator", scope: WORLD, limit: "ops" },

  "GET /api/worlds/{w}/regions": { access: "viewer", scope: WORLD, limit: "regions", waits: true },
  "GET /api/worlds/{w}/regions/{key}": { access: "viewer", scope: WORLD, limit: "regions", waits: true },

  "GET /api/worlds/{w}/snapshot.png": { access: "viewer", scope: WORLD, limit: "pictures" },
  "GET /api/worlds/{w}/thumbnail.png": { access: "viewer", scope: WORLD, limit: "pictures" },
  "POST /api/worlds/{w}/pick": { access: "viewer", scope: WORLD, limit: "picks" },

  "GET /api/worlds/{w}/entities": { access: "viewer", scope: WORLD, limit: "regions" },
  "POST /api/worlds/{w}/entities/bulk": { access: "participant", scope: WORLD, limit: "ops" },
  "GET /api/worlds/{w}/entities/{id}": { access: "viewer", scope: WORLD, limit: "regions" },
  "PUT /api/worlds/{w}/entities/{id}": { access: "participant", scope: WORLD, limit: "ops" },
  "PATCH /api/worlds/{w}/entities/{id}": { access: "participant", scope: WORLD, limit: "ops" },
  "DELETE /api/worlds/{w}/entities/{id}": { access: "participant", scope: WORLD, limit: "ops" },

  // The world that an upgrade names in its query is checked by the handler, one that a message names by the socket.
  "GET /ws/render": { access: "viewer", scope: "any", limit: "connects", isSocket: true },
  "GET /ws/heartbeat": { access: "viewer", scope: "any", limit: "connects", isSocket: true, inBand: true },
  "GET /ws/stream_features": {
    access: "viewer",
    scope: "any",
    limit: "connects",
    isSocket: true,
    inBand: true,
  },
};

/** What an address without a route needs, so that strangers do not learn which addresses there are. */
export const UNKNOWN_ROUTE: RouteNeed = { access: "viewer", scope: "any", limit: "default" };

/** The needs by `METHOD /path/:name`, as the router writes its routes. */
export const NEEDS_BY_PATTERN: ReadonlyMap<string, RouteNeed> = new Map(
  Object.entries(ROUTE_NEEDS).map(([route, need]) => [route.replaceAll(/\{(\w+)\}/g, ":$1"), need]),
);
