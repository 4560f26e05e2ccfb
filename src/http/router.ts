import { OpenAPIHono, type z } from "@hono/zod-openapi";
import { HTTPException } from "hono/http-exception";
import { VoxcastError } from "../protocol/mod.ts";
import type { EndpointCache } from "./endpoint_cache.ts";
import type { HttpDeps } from "./http_deps.ts";
import { issuesOf } from "./item_issues.ts";
import { HttpError, problemResponse } from "./problem.ts";
import { addRouteGuards } from "./route_guard.ts";
import { RouteTable } from "./route_table.ts";
import type { RequestBindings, Router } from "./router_type.ts";
import { addEntityBulkRoute } from "./routes/entity_bulk.ts";
import { addEntityRoutes } from "./routes/entities.ts";
import { addHealthRoute } from "./routes/health.ts";
import { addInfoRoute } from "./routes/info.ts";
import { addMetricsRoute } from "./routes/metrics.ts";
import { addOpenApiRoute } from "./routes/openapi.ts";
import { addPickRoute } from "./routes/pick.ts";
import { addRegionFrameRoute } from "./routes/region_frame.ts";
import { addRegionListRoute } from "./routes/regions.ts";
import { WaitingPolls } from "./waiting_polls.ts";
import { addSnapshotRoutes } from "./routes/snapshots.ts";
import { addSocketRoutes } from "./routes/sockets.ts";
import { addStatsRoute } from "./routes/stats.ts";
import { addTicketRoute } from "./routes/tickets.ts";
import { addViewerRoutes } from "./routes/viewer.ts";
import { addVoxelReadRoute } from "./routes/voxel_read.ts";
import { addVoxelRoutes } from "./routes/voxels.ts";
import { addWorldRoutes } from "./routes/worlds.ts";
import { addWorldStatsRoute } from "./routes/world_stats.ts";

/**
 * Builds the router with every route of the server. Bounded bodies, problems, 405, and roles and worlds are part of it;
 * finding out who asks is not.
 */
export function createRouter(deps: HttpDeps, cache: EndpointCache): Router {
  const router: Router = new OpenAPIHono<{ Bindings: RequestBindings }>({
    defaultHook: (result) => {
      if (!result.success) throw invalidParameter(result.error);
    },
  });
  const requireDeclared = addRouteGuards(router);
  addHealthRoute(router, deps, cache);
  addInfoRoute(router, deps);
  addMetricsRoute(router, deps, cache);
  addStatsRoute(router, deps);
  addWorldStatsRoute(router, deps);
  addTicketRoute(router, deps);
  addWorldRoutes(router, deps);
  // Before the routes of one entity, so that POST .../bulk is never taken for an id.
  addEntityBulkRoute(router, deps);
  addEntityRoutes(router, deps);
  addVoxelRoutes(router, deps);
  addVoxelReadRoute(router, deps);
  const polls = new WaitingPolls(deps.config.http.maxWaitingPolls, deps.metrics);
  addRegionListRoute(router, deps, polls);
  addRegionFrameRoute(router, deps, polls);
  addSnapshotRoutes(router, deps);
  addPickRoute(router, deps);
  addSocketRoutes(router, deps);
  addViewerRoutes(router, deps);
  addOpenApiRoute(router, deps);
  requireDeclared();

  const table = new RouteTable(router);
  router.notFound((context) => problemResponse(nothingHere(table, context.req.path), context.env.requestId));
  router.onError((error, context) => {
    const { requestId } = context.env;
    const known = error instanceof HTTPException ? fromHono(error) : error;
    if (!(known instanceof VoxcastError) || known.code === "INTERNAL") {
      const { method, path } = context.req;
      deps.logger.error("request failed", { requestId, method, path, error, stack: error.stack });
    }
    return problemResponse(known, requestId);
  });
  return router;
}

function invalidParameter(error: z.ZodError): VoxcastError {
  const { code, path, message } = issuesOf(error, 0)[0]!;
  return new VoxcastError(code, path === undefined ? message : `${path}: ${message}`);
}

function nothingHere(table: RouteTable, path: string): VoxcastError {
  const methods = table.methodsOf(path);
  if (methods.length === 0) return new VoxcastError("NOT_FOUND", "There is nothing at this address");
  const allow = methods.join(", ");
  return new HttpError("METHOD_NOT_ALLOWED", `This address has ${allow} only`, { headers: { allow } });
}

/** Errors that the framework throws of itself; their texts are not ours. */
function fromHono(error: HTTPException): VoxcastError {
  if (error.status === 415) {
    return new VoxcastError("UNSUPPORTED_MEDIA", "The media type of the body is not accepted");
  }
  return error.status < 500
    ? new VoxcastError("INVALID_BODY", "The request cannot be read", { cause: error })
    : new VoxcastError("INTERNAL", "The request failed", { cause: error });
}
