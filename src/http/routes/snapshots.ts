import { createRoute, z } from "@hono/zod-openapi";
import { ifNoneMatch } from "@std/http/etag";
import { STATUS_CODE } from "@std/http/status";
import type { Context } from "hono";
import type { PictureRequest } from "../../snapshot/mod.ts";
import type { HttpDeps } from "../http_deps.ts";
import { pictureQuery, readPicture } from "../picture_query.ts";
import { PROBLEMS, requireWorld } from "../route_parts.ts";
import type { Router } from "../router_type.ts";
import { kindSchema } from "../schemas.ts";
import { snapshotFault } from "../snapshot_fault.ts";

/** Edge of a thumbnail in pixels. */
const THUMBNAIL_PX = 256;

const params = z.object({ w: z.string().openapi({ example: "main" }) });
const RESPONSES = {
  200: {
    description: "A PNG of 8 bits a channel without alpha or with all of it; the ETag is strong",
    content: { "image/png": { schema: { type: "string", format: "binary" } } },
  },
  304: { description: "If-None-Match names the picture as it is; nothing was traced" },
  ...PROBLEMS,
} as const;

/** Pictures of a world, ray-traced by the server. */
export function addSnapshotRoutes(router: Router, deps: HttpDeps): void {
  router.openapi(
    createRoute({
      method: "get",
      path: "/api/worlds/{w}/snapshot.png",
      summary: "Get a picture of a world",
      description:
        "Without a camera it shows all that the world holds. Regions that are not built yet are built first; with 503 that, or " +
        "the tracing, has taken too long.",
      request: { params, query: pictureQuery },
      responses: RESPONSES,
    }),
    (context) => answer(deps, context, context.req.valid("param").w, readPicture(context.req.valid("query"))),
  );
  router.openapi(
    createRoute({
      method: "get",
      path: "/api/worlds/{w}/thumbnail.png",
      summary: "Get a small square picture of all that a world holds",
      request: {
        params,
        query: z.object({
          kind: kindSchema.optional().openapi({ description: "The world's own unless told" }),
        }),
      },
      responses: RESPONSES,
    }),
    (context) => {
      const { kind } = context.req.valid("query");
      const request = {
        widthPx: THUMBNAIL_PX,
        heightPx: THUMBNAIL_PX,
        ...(kind === undefined ? {} : { kind }),
      };
      return answer(deps, context, context.req.valid("param").w, request);
    },
  );
}

async function answer(
  { snapshots, worlds }: HttpDeps,
  context: Context,
  id: string,
  request: PictureRequest,
): Promise<Response> {
  const world = requireWorld(worlds, id);
  const { signal } = context.req.raw;
  const held = context.req.header("if-none-match") ?? null;
  try {
    const isHeld = (tag: string) => !ifNoneMatch(held, tag);
    const { tag, png } = await snapshots.picture(world, request, { isHeld, signal });
    const headers = { "cache-control": "no-cache", "etag": tag };
    if (png === undefined) return context.body(null, STATUS_CODE.NotModified, headers);
    return context.body(png, STATUS_CODE.OK, {
      ...headers,
      "content-type": "image/png",
      "content-length": String(png.length),
    });
  } catch (error) {
    throw snapshotFault(error, signal);
  }
}
