import { createRoute, z } from "@hono/zod-openapi";
import { STATUS_CODE } from "@std/http/status";
import { decodePatch, PATCH_MEDIA_TYPE, VoxcastError } from "../../protocol/mod.ts";
import { gridCells, parseRegionKey, type RegionKey, regionLevel } from "../../space/mod.ts";
import type { Applied, VoxelCells, World } from "../../world/mod.ts";
import { mediaType, readBody } from "../body.ts";
import { Breather } from "../breather.ts";
import type { HttpDeps } from "../http_deps.ts";
import { readJsonAs } from "../json_body.ts";
import { editRule } from "../json_rules.ts";
import { Refusals } from "../refusals.ts";
import { documentedBody, jsonAnswer, PROBLEMS, requireWorld } from "../route_parts.ts";
import type { Router } from "../router_type.ts";
import { voxelPatchSchema, voxelPatchShape, voxelsAppliedSchema } from "../schemas.ts";
import { cellsInside, readVoxels } from "../voxel_items.ts";
import { dirtyJson } from "../world_json.ts";

const params = z.object({ w: z.string() });
const patchQuery = z.object({
  atomic: z.enum(["true", "false"]).default("false").openapi({
    description: "true: one cell outside the world refuses all. In JSON the field `atomic` says the same",
  }),
});
const clearQuery = z.object({
  regions: z.string().max(65536).optional().openapi({ description: "Only these, such as 4/1,4/2" }),
});

/** A body's cells, and whether one bad cell refuses all. */
interface PatchBody {
  readonly cells: VoxelCells;
  readonly atomic: boolean;
}

/** Write and clear voxels. */
export function addVoxelRoutes(router: Router, deps: HttpDeps): void {
  const { worlds } = deps;
  const { content } = documentedBody(router, "VoxelPatch", voxelPatchSchema);
  const binary = { schema: { type: "string", format: "binary" } } as const;
  router.openapi(
    createRoute({
      method: "post",
      path: "/api/worlds/{w}/voxels",
      summary: "Set and remove voxels; of several writes to a cell the last wins",
      description: "The body may come with Content-Encoding: gzip.",
      request: {
        params,
        query: patchQuery,
        body: { required: true, content: { ...content, [PATCH_MEDIA_TYPE]: binary } },
      },
      responses: { 200: jsonAnswer("What was done", voxelsAppliedSchema), ...PROBLEMS },
    }),
    async (context) => {
      const { w } = context.req.valid("param");
      const cellsPerAxis = gridCells(requireWorld(worlds, w).grid);
      const refusals = new Refusals();
      const request = context.req.raw;
      const { cells, atomic } = mediaType(request) === PATCH_MEDIA_TYPE
        ? { cells: await readBinary(request, deps, cellsPerAxis, refusals), atomic: false }
        : await readJsonPatch(request, deps, cellsPerAxis, refusals);
      if (atomic || context.req.valid("query").atomic === "true") refusals.refuseAll();
      // Looked up again: the world may have gone, or been made anew, while the body came in.
      const world = requireWorld(worlds, w);
      if (gridCells(world.grid) !== cellsPerAxis) {
        throw new VoxcastError("WORLD_NOT_FOUND", "The world was replaced");
      }
      const applied = world.apply({ kind: "patch", cells });
      return context.json(voxelsApplied(world, applied, refusals), STATUS_CODE.OK);
    },
  );
  router.openapi(
    createRoute({
      method: "delete",
      path: "/api/worlds/{w}/voxels",
      summary: "Remove all voxels of the world, or of some regions; entities stay",
      request: { params, query: clearQuery },
      responses: { 200: jsonAnswer("What was done", voxelsAppliedSchema), ...PROBLEMS },
    }),
    (context) => {
      const world = requireWorld(worlds, context.req.valid("param").w);
      const { regions } = context.req.valid("query");
      const applied = world.apply({
        kind: "clear",
        ...(regions === undefined ? {} : { regions: parseRegions(regions, world) }),
      });
      return context.json(voxelsApplied(world, applied, new Refusals()), STATUS_CODE.OK);
    },
  );
}

async function readBinary(
  request: Request,
  { config }: HttpDeps,
  cellsPerAxis: number,
  refusals: Refusals,
): Promise<VoxelCells> {
  const { maxBodyBytes } = config.http;
  const bytes = await readBody(request, { maxBytes: maxBodyBytes, mediaTypes: [PATCH_MEDIA_TYPE] });
  return cellsInside(decodePatch(bytes), cellsPerAxis, refusals);
}

async function readJsonPatch(
  request: Request,
  { config, clock }: HttpDeps,
  cellsPerAxis: number,
  refusals: Refusals,
): Promise<PatchBody> {
  const { voxels, atomic } = await readJsonAs(request, editRule(config), voxelPatchShape, [
    PATCH_MEDIA_TYPE,
  ]);
  const { maxPatchCells } = config.world;
  if (voxels.length > maxPatchCells) {
    throw new VoxcastError(
      "PAYLOAD_TOO_LARGE",
      `The patch has ${voxels.length} voxels, limit is ${maxPatchCells}`,
    );
  }
  return { cells: await readVoxels(voxels, cellsPerAxis, refusals, new Breather(clock)), atomic };
}

function parseRegions(text: string, world: World): RegionKey[] {
  return text.split(",").map((part) => {
    const key = parseRegionKey(part.trim());
    if (key === undefined || regionLevel(key) !== world.grid.level) {
      throw new VoxcastError(
        "INVALID_FIELD",
        `regions: expected keys of level ${world.grid.level}, such as 4/1,4/2`,
      );
    }
    return key;
  });
}

function voxelsApplied(
  world: World,
  applied: Applied,
  refusals: Refusals,
): z.infer<typeof voxelsAppliedSchema> {
  const { seq, epoch, changed } = applied;
  return { seq, epoch, changed, ...dirtyJson(world, applied), ...refusals.answer() };
}
