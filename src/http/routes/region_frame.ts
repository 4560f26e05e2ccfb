import { createRoute, z } from "@hono/zod-openapi";
import { STATUS_CODE } from "@std/http/status";
import { VoxcastError } from "../../protocol/mod.ts";
import type { RegionAnswer } from "../../streaming/mod.ts";
import type { World } from "../../world/mod.ts";
import type { HttpDeps } from "../http_deps.ts";
import { HttpError } from "../problem.ts";
import { heldByTag, refusesAny, regionTag } from "../region_tag.ts";
import { PROBLEMS, requireWorld, shownName } from "../route_parts.ts";
import type { Router } from "../router_type.ts";
import { kindSchema } from "../schemas.ts";
import type { WaitingPolls } from "../waiting_polls.ts";
import { requireRegionKey } from "./regions.ts";

const params = z.object({
  w: z.string(),
  key: z.string().max(16).openapi({ description: "level/morton, written 4%2F812" }),
});

/** One region's frame, the same bytes that sockets are sent; waits for a build, and for news where that is asked for. */
export function addRegionFrameRoute(
  router: Router,
  { config, regions, worlds }: HttpDeps,
  polls: WaitingPolls,
): void {
  const { maxPollSec, regionWaitMs } = config.http;
  const query = z.object({
    kind: kindSchema.optional(),
    lod: z.coerce.number().int().min(0).default(0).openapi({
      description:
        "The finest level of detail that is wanted; memory may allow only a coarser one, as the frame says",
    }),
    wait: z.coerce.number().min(0).max(maxPollSec).optional().openapi({
      description: "With If-None-Match: seconds to wait for a frame with another ETag",
    }),
  });
  router.openapi(
    createRoute({
      method: "get",
      path: "/api/worlds/{w}/regions/{key}",
      summary: "Get one region as a frame, or wait for a newer one",
      description:
        "A region that is not built yet is built first; with 503 that has taken too long, and goes on.",
      request: { params, query },
      responses: {
        200: {
          description: 'Exactly one full frame of codec 2, or an empty frame; ETag "epoch-version-lod-kind"',
          content: { "application/octet-stream": { schema: { type: "string", format: "binary" } } },
        },
        304: { description: "If-None-Match names the frame as it is, or is *" },
        ...PROBLEMS,
      },
    }),
    async (context) => {
      const { kind: asked, lod, wait } = context.req.valid("query");
      const { w, key: text } = context.req.valid("param");
      const world = requireWorld(worlds, w);
      const key = requireRegionKey(world, text, "key");
      requireLod(world, lod);
      const { epoch } = world;
      const kind = asked ?? world.kind;
      const ifNoneMatch = context.req.header("if-none-match");
      const held = heldByTag(ifNoneMatch, { epoch, kind });
      const waitsForNews = wait !== undefined && held !== undefined;
      using _place = polls.enter(waitsForNews ? "news" : "build");
      const answer = await regions.fetchRegion(world, {
        key,
        kind,
        lod,
        ...(held === undefined ? {} : { held }),
        buildWaitMs: regionWaitMs,
        ...(waitsForNews ? { newsWaitMs: wait * 1000 } : {}),
        signal: context.req.raw.signal,
      });
      requireFrame(answer, text, worlds.get(w) === world);
      const headers = {
        "cache-control": "no-cache",
        "etag": regionTag({ epoch, version: answer.version, lod: answer.lod, kind }),
      };
      if (answer.state === "unchanged" || refusesAny(ifNoneMatch)) {
        return context.body(null, STATUS_CODE.NotModified, headers);
      }
      return context.body(answer.frame as Uint8Array<ArrayBuffer>, STATUS_CODE.OK, {
        ...headers,
        "content-type": "application/octet-stream",
      });
    },
  );
}

function requireLod({ grid }: World, lod: number): void {
  if (lod > grid.depth) {
    throw new VoxcastError("INVALID_FIELD", `lod: expected a whole number from 0 to ${grid.depth}`);
  }
}

/** @param isThere whether the world is still there */
function requireFrame(
  answer: RegionAnswer,
  text: string,
  isThere: boolean,
): asserts answer is Extract<RegionAnswer, { readonly version: number }> {
  if (answer.state === "late") {
    throw new HttpError("BUSY", "The region is not built yet: come again", {
      status: STATUS_CODE.ServiceUnavailable,
    });
  }
  if (answer.state === "gone") {
    if (!isThere) throw new VoxcastError("WORLD_NOT_FOUND", "The world was deleted");
    throw new VoxcastError("NOT_FOUND", `The world has never held anything in region ${shownName(text)}`);
  }
}
