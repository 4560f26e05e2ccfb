import { createRoute, z } from "@hono/zod-openapi";
import { eTag, ifNoneMatch } from "@std/http/etag";
import { STATUS_CODE } from "@std/http/status";
import { VoxcastError } from "../../protocol/mod.ts";
import type { Asset } from "../assets.ts";
import type { HttpDeps } from "../http_deps.ts";
import { PROBLEMS } from "../route_parts.ts";
import type { Router } from "../router_type.ts";
import { viewerPolicy } from "../security_headers.ts";

const PAGE = "index.html";
/** Without this script the page is empty. */
const SCRIPT = "viewer.js";
const NOT_BUNDLED = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Voxcast</title>
<h1>The viewer is not bundled yet</h1>
<p>The server runs, but the page's script is not there. In the project's folder run</p>
<pre>deno task build</pre>
<p>and load this page again; the server need not be restarted. <code>deno task start</code> does both.</p>
`;

const file = {
  description: "The file",
  content: { "*/*": { schema: { type: "string", format: "binary" } } },
} as const;
const unchanged = { description: "If-None-Match names the file as it is" } as const;

/** The viewer page at `/` and its files under `/assets/`. */
export function addViewerRoutes(router: Router, { assets }: HttpDeps): void {
  const tags = new WeakMap<Uint8Array, Promise<string | undefined>>();

  async function serve(request: Request, asset: Asset): Promise<Response> {
    let tag = tags.get(asset.bytes);
    if (tag === undefined) {
      tag = eTag(asset.bytes);
      tags.set(asset.bytes, tag);
    }
    const etag = await tag;
    const headers = pageHeaders(request, asset.contentType);
    if (etag !== undefined) headers.set("etag", etag);
    // Kept, but asked for again each time: a new bundle has the same names.
    headers.set("cache-control", "no-cache");
    if (ifNoneMatch(request.headers.get("if-none-match"), etag)) {
      return new Response(asset.bytes, { headers });
    }
    headers.delete("content-type");
    return new Response(null, { status: STATUS_CODE.NotModified, headers });
  }

  router.openapi(
    createRoute({
      method: "get",
      path: "/",
      summary: "The viewer page",
      security: [],
      responses: {
        200: { description: "The page", content: { "text/html": { schema: z.string() } } },
        304: unchanged,
        503: { description: "The viewer is not bundled", content: { "text/html": { schema: z.string() } } },
      },
    }),
    async (context): Promise<Response> => {
      const request = context.req.raw;
      const [page, script] = await Promise.all([assets.read(PAGE), assets.read(SCRIPT)]);
      if (page !== undefined && script !== undefined) return await serve(request, page);
      const headers = pageHeaders(request, "text/html; charset=utf-8");
      return new Response(NOT_BUNDLED, { status: STATUS_CODE.ServiceUnavailable, headers });
    },
  );
  router.openapi(
    createRoute({
      method: "get",
      path: "/assets/{name}",
      summary: "A file of the viewer",
      security: [],
      request: { params: z.object({ name: z.string() }) },
      responses: { 200: file, 304: unchanged, ...PROBLEMS },
    }),
    async (context): Promise<Response> => {
      const asset = await assets.read(context.req.valid("param").name);
      if (asset === undefined) throw new VoxcastError("NOT_FOUND", "The viewer has no such file");
      return await serve(context.req.raw, asset);
    },
  );
}

function pageHeaders(request: Request, contentType: string): Headers {
  const host = request.headers.get("host") ?? new URL(request.url).host;
  return new Headers({ "content-type": contentType, "content-security-policy": viewerPolicy(host) });
}
