import { decodePatch, PATCH_MEDIA_TYPE, VoxcastError } from "../../src/protocol/mod.ts";
import { createGrid, type Grid } from "../../src/space/mod.ts";
import type { TreeKind } from "../../src/tree/mod.ts";
import { World } from "../../src/world/mod.ts";
import { DEFAULT_WORLD_LIMITS } from "../support/limits.ts";

export const FAKE_GRID: Grid = createGrid({ min: [0, 0, 0], max: [1024, 1024, 1024] }, 4, 6);

/** The routes that an import uses, over a real world that takes real patches. Keeps a log of what was asked. */
export class FakeServer {
  readonly log: string[] = [];
  readonly worlds = new Map<string, World>();
  /** Answers instead of the next requests of that kind, first come first served. */
  readonly instead: { readonly on: string; readonly answer: () => Response }[] = [];
  readonly key: string | undefined;
  readonly maxPatchCells: number;

  constructor(options: { readonly key?: string; readonly maxPatchCells?: number } = {}) {
    this.key = options.key;
    this.maxPatchCells = options.maxPatchCells ?? 1_000_000;
  }

  add(id: string, kind: TreeKind = "esvo"): World {
    const world = new World({ id, grid: FAKE_GRID, epoch: 1, limits: DEFAULT_WORLD_LIMITS, kind });
    this.worlds.set(id, world);
    return world;
  }

  /** Fits `Deno.serve`. */
  readonly handle = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    const asked = `${request.method} ${pathname}`;
    this.log.push(asked);
    const index = this.instead.findIndex(({ on }) => on === asked);
    if (index >= 0) {
      await request.bytes();
      return this.instead.splice(index, 1)[0]!.answer();
    }
    try {
      return await this.#answer(request, asked, pathname);
    } catch (error) {
      if (!(error instanceof VoxcastError)) throw error;
      return problem(error.entry.httpStatus, error.code, error.message);
    }
  };

  /** Fits the `fetch` of an import: the same without a network. */
  readonly fetch = (url: URL, init: RequestInit): Promise<Response> => this.handle(new Request(url, init));

  async #answer(request: Request, asked: string, pathname: string): Promise<Response> {
    const body = await request.bytes();
    if (this.key !== undefined && request.headers.get("authorization") !== `Bearer ${this.key}`) {
      return problem(401, "UNAUTHORIZED", "An API key is needed");
    }
    if (asked === "POST /api/worlds") {
      const { id, kind } = JSON.parse(new TextDecoder().decode(body)) as { id: string; kind?: TreeKind };
      if (this.worlds.has(id)) return problem(409, "WORLD_EXISTS", `World ${id} exists`);
      return Response.json(worldJson(this.add(id, kind)), { status: 201 });
    }
    const [, id, part] = /^\/api\/worlds\/([^/]+)(\/voxels)?$/.exec(pathname) ?? [];
    const world = this.worlds.get(id ?? "");
    if (world === undefined) return problem(404, "WORLD_NOT_FOUND", "There is no such world");
    if (part === undefined && request.method === "DELETE") {
      this.worlds.delete(world.id);
      return new Response(null, { status: 204 });
    }
    if (part === undefined) return Response.json(worldJson(world));
    if (request.method === "DELETE") world.apply({ kind: "clear" });
    else this.#patch(world, request, body);
    return Response.json({ seq: world.seq, errors: [], error_count: 0 });
  }

  #patch(world: World, request: Request, body: Uint8Array): void {
    if (request.headers.get("content-type") !== PATCH_MEDIA_TYPE) throw new Error("Not a patch");
    const cells = decodePatch(body);
    if (cells.colors.length > this.maxPatchCells) {
      throw new VoxcastError("PAYLOAD_TOO_LARGE", `The patch has ${cells.colors.length} voxels`);
    }
    world.apply({ kind: "patch", cells });
  }
}

function worldJson(world: World): unknown {
  const { bounds, level, depth } = world.grid;
  const { id, epoch, kind, voxelCount: voxels } = world;
  return { id, epoch, bounds, level, depth, kind, voxels, entities: 0 };
}

export function problem(status: number, code: string, detail: string, retryAfterMs?: number): Response {
  const body = {
    type: "x",
    status,
    code,
    detail,
    ...(retryAfterMs === undefined ? {} : { retry_after_ms: retryAfterMs }),
  };
  return Response.json(body, { status, headers: { "content-type": "application/problem+json" } });
}
