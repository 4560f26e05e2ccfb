import { createRoute, z } from "@hono/zod-openapi";
import { STATUS_CODE } from "@std/http/status";
import type { World } from "../../world/mod.ts";
import type { EndpointCache } from "../endpoint_cache.ts";
import type { HttpDeps } from "../http_deps.ts";
import { jsonAnswer, PROBLEMS } from "../route_parts.ts";
import type { Router } from "../router_type.ts";
import { occupiedRegions } from "../world_json.ts";

const healthSchema = z.object({
  status: z.enum(["healthy", "degraded"]).openapi({
    description: "degraded: it serves, but a part has failed",
  }),
  reason: z.string().optional().openapi({ description: "What has failed, if degraded" }),
  uptime: z.number().openapi({ description: "ms since the start" }),
  worlds: z.int().optional().openapi({
    description: "These four only where no credential is needed, or with one for all worlds",
  }),
  regions: z.int().optional().openapi({ description: "Regions that hold something, all worlds together" }),
  entities: z.int().optional(),
  voxels: z.int().optional(),
}).openapi("Health");

/** Health is public: what exactly the GPU said stands in the log and in `/api/info`. */
const DEGRADED_BUILDER = "The GPU has failed; regions are built on the CPU";
const DEGRADED_TRACER = "The GPU has failed; pictures are traced on the CPU";

/** `/api/health`: public, kept for a moment, 503 once the server stops. */
export function addHealthRoute(router: Router, deps: HttpDeps, cache: EndpointCache): void {
  router.openapi(
    createRoute({
      method: "get",
      path: "/api/health",
      summary: "Whether the server is well; degraded still answers 200",
      security: [],
      responses: { 200: jsonAnswer("It serves", healthSchema), ...PROBLEMS },
    }),
    async (context) => {
      const { principal } = context.env;
      const showsTotals = deps.authenticator.isOpen || principal?.worlds === "all";
      const name = showsTotals ? "health with totals" : "health";
      const { body } = await cache.get(name, () => Promise.resolve(render(deps, showsTotals)));
      // The kept text is parsed again rather than sent raw, so that the schema's type is checked; it is tiny.
      return context.json(JSON.parse(body) as z.infer<typeof healthSchema>, STATUS_CODE.OK);
    },
  );
}

function render(
  { status, worlds }: HttpDeps,
  showsTotals: boolean,
): { body: string; contentType: string } {
  const { uptimeMs, builder, tracer } = status();
  const reason = builder.isDegraded ? DEGRADED_BUILDER : tracer.isDegraded ? DEGRADED_TRACER : undefined;
  const health: z.infer<typeof healthSchema> = {
    status: reason === undefined ? "healthy" : "degraded",
    ...(reason === undefined ? {} : { reason }),
    uptime: Math.round(uptimeMs),
    ...(showsTotals ? totals([...worlds.list()]) : {}),
  };
  return { body: JSON.stringify(health), contentType: "application/json" };
}

function totals(all: readonly World[]): Record<"worlds" | "regions" | "entities" | "voxels", number> {
  return {
    worlds: all.length,
    regions: all.reduce((sum, world) => sum + occupiedRegions(world), 0),
    entities: all.reduce((sum, world) => sum + world.entityCount, 0),
    voxels: all.reduce((sum, world) => sum + world.voxelCount, 0),
  };
}
