import { createRoute, z } from "@hono/zod-openapi";
import { eTag, ifNoneMatch } from "@std/http/etag";
import { STATUS_CODE } from "@std/http/status";
import { VoxcastError } from "../../protocol/mod.ts";
import { formatRegionKey, parseRegionKey, type RegionKey, regionLevel } from "../../space/mod.ts";
import type { CameraView, RegionPage } from "../../streaming/mod.ts";
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
    description: `Most regions of a page; unless told ${DEFAULT_PAGE} without a camera, and all with one`,
  }),
  after: z.string().max(16).optional().openapi({
    description: "`next` of the page before",
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
  left_out: z.int().optional().openapi({
    description:
      "With a camera: how many more it sees than one client is sent; the last in order. Not there if 0",
  }),
  next: z.string().optional().openapi({ description: "Goes into `after` for the next page" }),
}).openapi("RegionList");

/** A part of a list, and how many regions a camera sees beyond all of it. */
type Page = RegionPage & Pick<CameraView, "leftOut">;

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
      const from = after === undefined ? undefined : requireRegionKey(world, after, "after");
      const { leftOut, ...view } = viewport === undefined
        ? { ...regions.occupiedRegions(world, from, limit ?? DEFAULT_PAGE), leftOut: 0 }
        : pageOf(regions.regionsInView(world, kind, viewport), from, limit ?? Infinity);
      const list: z.infer<typeof regionListSchema> = {
        world: world.id,
        epoch: world.epoch,
        kind,
        level: world.grid.level,
        regions: view.regions.map(({ key, version, lod }) => ({ key: formatRegionKey(key), version, lod })),
        ...(leftOut === 0 ? {} : { left_out: leftOut }),
        ...(view.hasMore ? { next: formatRegionKey(view.regions.at(-1)!.key) } : {}),
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

/** A page of what a camera sees, after a region of it. @throws {VoxcastError} INVALID_FIELD if it does not see that one */
function pageOf({ regions, leftOut }: CameraView, after: RegionKey | undefined, limit: number): Page {
  const before = after === undefined ? -1 : regions.findIndex(({ key }) => key === after);
  if (after !== undefined && before < 0) {
    throw new VoxcastError("INVALID_FIELD", "after: expected a region that this camera sees");
  }
  const end = before + 1 + limit;
  return { regions: regions.slice(before + 1, end), hasMore: end < regions.length, leftOut };
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
