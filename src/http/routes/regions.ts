import { createRoute, z } from "@hono/zod-openapi";
import { eTag, ifNoneMatch } from "@std/http/etag";
import { STATUS_CODE } from "@std/http/status";
import { VoxcastError } from "../../protocol/mod.ts";
import { formatRegionKey, parseRegionKey, type RegionKey, regionLevel } from "../../space/mod.ts";
import type { CameraView, RegionPage } from "../../streaming/mod.ts";
import type { TreeKind } from "../../tree/mod.ts";
import type { Viewport } from "../../viewport/mod.ts";
import type { World } from "../../world/mod.ts";
import { cameraQuery, readCamera } from "../camera_query.ts";
import type { HttpDeps } from "../http_deps.ts";
import { ListNews, type SeenList } from "../list_news.ts";
import { jsonAnswer, PROBLEMS, requireWorld } from "../route_parts.ts";
import type { Router } from "../router_type.ts";
import { kindSchema } from "../schemas.ts";
import type { WaitingPolls } from "../waiting_polls.ts";

const DEFAULT_PAGE = 1000;
const MAX_PAGE = 10_000;

const pageQuery = cameraQuery.extend({
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

type RegionList = z.infer<typeof regionListSchema>;

/** What is asked for: what a camera sees, or all; a page of it. */
interface Asked {
  readonly kind: TreeKind;
  readonly viewport: Viewport | undefined;
  readonly limit: number | undefined;
  readonly after: string | undefined;
}

/** A part of a list, and how many regions a camera sees beyond all of it. */
type Page = RegionPage & Pick<CameraView, "leftOut">;

/** A page as it is answered. */
interface ListedPage extends SeenList {
  readonly answer: RegionList;
  readonly json: string;
}

/**
 * The list of a world's regions: those that a camera sees, or all. For clients that poll; who has one of a camera may wait
 * until it is another.
 */
export function addRegionListRoute(router: Router, deps: HttpDeps, polls: WaitingPolls): void {
  const { config, worlds } = deps;
  const news = new ListNews(deps);
  const query = pageQuery.extend({
    wait: z.coerce.number().min(0).max(config.http.maxPollSec).optional().openapi({
      description: "With a camera and If-None-Match: seconds to wait for a list with another ETag",
    }),
  });
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
      const { wait = 0, kind, limit, after, ...camera } = context.req.valid("query");
      const world = requireWorld(worlds, context.req.valid("param").w);
      const held = context.req.header("if-none-match") ?? null;
      const viewport = readCamera(camera);
      const asked = { kind: kind ?? world.kind, viewport, limit, after };
      if (wait > 0 && viewport === undefined) {
        throw new VoxcastError("INVALID_FIELD", "wait: only a list for a camera is waited for");
      }
      const look = () => listOf(world, asked, deps);
      using place = wait > 0 && held !== null ? polls.enter("news") : undefined;
      // Listens before it looks: nothing is missed between the two.
      using waited = place && news.wait({ world, waitMs: wait * 1000, signal: context.req.raw.signal, look });
      let list = look();
      let etag = await eTag(list.json);
      while (waited !== undefined && !ifNoneMatch(held, etag)) {
        const next = await waited.next(list);
        if (next === undefined) break;
        list = next;
        etag = await eTag(list.json);
      }
      if (worlds.get(world.id) !== world) throw new VoxcastError("WORLD_NOT_FOUND", "The world was deleted");
      context.header("etag", etag);
      context.header("cache-control", "no-cache");
      if (!ifNoneMatch(held, etag)) return context.body(null, STATUS_CODE.NotModified);
      return context.json(list.answer, STATUS_CODE.OK);
    },
  );
}

function listOf(
  world: World,
  { kind, viewport, limit, after }: Asked,
  { regions }: Pick<HttpDeps, "regions">,
): ListedPage {
  const from = after === undefined ? undefined : requireRegionKey(world, after, "after");
  const { leftOut, ...view } = viewport === undefined
    ? { ...regions.occupiedRegions(world, from, limit ?? DEFAULT_PAGE), leftOut: 0 }
    : pageOf(regions.regionsInView(world, kind, viewport), from, limit ?? Infinity);
  const answer = {
    world: world.id,
    epoch: world.epoch,
    kind,
    level: world.grid.level,
    regions: view.regions.map(({ key, version, lod }) => ({ key: formatRegionKey(key), version, lod })),
    ...(leftOut === 0 ? {} : { left_out: leftOut }),
    ...(view.hasMore ? { next: formatRegionKey(view.regions.at(-1)!.key) } : {}),
  };
  return { answer, json: JSON.stringify(answer), keys: view.regions.map(({ key }) => key) };
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
