import { createRoute, z } from "@hono/zod-openapi";
import { eTag, ifNoneMatch } from "@std/http/etag";
import { STATUS_CODE } from "@std/http/status";
import { VoxcastError } from "../../protocol/mod.ts";
import { formatRegionKey, parseRegionKey, type RegionKey, regionLevel } from "../../space/mod.ts";
import type { ViewedRegion } from "../../streaming/mod.ts";
import type { World } from "../../world/mod.ts";
import { cameraQuery, readCamera } from "../camera_query.ts";
import type { HttpDeps } from "../http_deps.ts";
import { jsonAnswer, PROBLEMS, requireWorld } from "../route_parts.ts";
import type { Router } from "../router_type.ts";
import { kindSchema } from "../schemas.ts";

const DEFAULT_PAGE = 1000;
const MAX_PAGE = 10_000;

const query = cameraQuery.extend({
  kind: kindSchema.optional(),
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).optional().openapi({
    description: `Most regions of a list without a camera; ${DEFAULT_PAGE} unless told`,
  }),
  after: z.string().max(16).optional().openapi({
    description: "`next` of the page before, for a list without a camera",
    example: "4/812",
  }),
});
const regionListSchema = z.object({
  world: z.string(),
  epoch: z.int(),
  kind: kindSchema,
  level: z.int(),
  regions: z.array(z.object({
    key: z.string().openapi({ description: "level/morton; as a part of an address 4%2F812" }),
    version: z.int().openapi({ description: "The newest, which may not be built yet" }),
    lod: z.int().openapi({ description: "Level of detail for this camera; 0, the finest, without one" }),
  })),
  next: z.string().optional().openapi({ description: "Goes into `after` for the next page" }),
}).openapi("RegionList");

/** The list of a world's regions: those that a camera sees, or all. For clients that poll. */
export function addRegionListRoute(router: Router, { worlds, regions }: HttpDeps): void {
  router.openapi(
    createRoute({
      method: "get",
      path: "/api/worlds/{w}/regions",
      summary: "List the regions that a camera sees, or all that hold something",
      description:
        "With a camera: in the order in which they matter to it, emptied regions among them. Without: by key.",
      request: { params: z.object({ w: z.string() }), query },
      responses: {
        200: jsonAnswer(
          "Keys, versions and levels of detail; the ETag stands for all of them",
          regionListSchema,
        ),
        304: { description: "If-None-Match names the list as it is" },
        ...PROBLEMS,
      },
    }),
    async (context) => {
      const { kind: asked, limit, after, ...camera } = context.req.valid("query");
      const world = requireWorld(worlds, context.req.valid("param").w);
      const kind = asked ?? world.kind;
      const viewport = readCamera(camera);
      if (viewport !== undefined && (limit !== undefined || after !== undefined)) {
        throw new VoxcastError("INVALID_FIELD", "limit and after: expected only without a camera");
      }
      const { page, next } = viewport === undefined
        ? occupied(world, limit ?? DEFAULT_PAGE, after)
        : { page: regions.regionsInView(world, kind, viewport) };
      const list: z.infer<typeof regionListSchema> = {
        world: world.id,
        epoch: world.epoch,
        kind,
        level: world.grid.level,
        regions: page.map(({ key, version, lod }) => ({ key: formatRegionKey(key), version, lod })),
        ...(next === undefined ? {} : { next }),
      };
      const etag = await eTag(JSON.stringify(list));
      context.header("etag", etag);
      context.header("cache-control", "no-cache");
      if (!ifNoneMatch(context.req.header("if-none-match") ?? null, etag)) {
        return context.body(null, STATUS_CODE.NotModified);
      }
      return context.json(list, STATUS_CODE.OK);
    },
  );
}

/** Regions that hold voxels or entities, by key, from one on. O(regions). */
function occupied(
  world: World,
  limit: number,
  after: string | undefined,
): { readonly page: readonly ViewedRegion[]; readonly next?: string } {
  const from = after === undefined ? -1 : requireRegionKey(world, after, "after");
  const keys: RegionKey[] = [];
  for (const [key, { voxels, entities }] of world.regions) {
    if (key > from && (voxels > 0 || entities > 0)) keys.push(key);
  }
  keys.sort((a, b) => a - b);
  const page = keys.slice(0, limit).map((key) => ({ key, version: world.region(key)!.version, lod: 0 }));
  return keys.length > limit ? { page, next: formatRegionKey(page.at(-1)!.key) } : { page };
}

/**
 * The key of a region of a world.
 * @param field what the text is called in the request
 * @throws {VoxcastError} INVALID_FIELD
 */
export function requireRegionKey({ grid }: World, text: string, field: string): RegionKey {
  const key = parseRegionKey(text);
  if (key === undefined || regionLevel(key) !== grid.level) {
    throw new VoxcastError(
      "INVALID_FIELD",
      `${field}: expected a key of level ${grid.level}, such as ${grid.level}/0`,
    );
  }
  return key;
}
