import { createRoute, z } from "@hono/zod-openapi";
import { STATUS_CODE } from "@std/http/status";
import { formatColor, VoxcastError } from "../../protocol/mod.ts";
import {
  gridCells,
  mortonX,
  mortonY,
  mortonZ,
  type RegionKey,
  regionOfCell,
  regionOrigin,
  type Vec3,
} from "../../space/mod.ts";
import type { World } from "../../world/mod.ts";
import type { HttpDeps } from "../http_deps.ts";
import { jsonAnswer, PROBLEMS, requireWorld } from "../route_parts.ts";
import type { Router } from "../router_type.ts";
import { type VoxelJson, voxelSchema } from "../schemas.ts";

/** Regions that a box may touch: each is copied whole. */
const MAX_READ_REGIONS = 64;

const corner = z.string().regex(/^\d{1,7},\d{1,7},\d{1,7}$/, "Expected three whole numbers, such as 0,16,32");
const query = z.object({
  min: corner.openapi({ description: "Lowest cell of the box", example: "0,0,0" }),
  max: corner.openapi({ description: "Cell beyond the highest one", example: "16,16,16" }),
});
const boxSchema = z.object({ seq: z.int(), epoch: z.int(), voxels: z.array(voxelSchema) }).openapi(
  "VoxelBox",
);

/** Reads a small box of voxels back, entities included, as builds see them. */
export function addVoxelReadRoute(router: Router, { config, worlds }: HttpDeps): void {
  router.openapi(
    createRoute({
      method: "get",
      path: "/api/worlds/{w}/voxels",
      summary: "Read a small box of cells, entities painted over voxels",
      request: { params: z.object({ w: z.string() }), query },
      responses: { 200: jsonAnswer("The voxels in the box, in no promised order", boxSchema), ...PROBLEMS },
    }),
    (context) => {
      const { min, max } = context.req.valid("query");
      const world = requireWorld(worlds, context.req.valid("param").w);
      const box = { min: parseCorner(min), max: parseCorner(max) };
      const voxels = regionsOf(world, box, config.http.maxReadCells).flatMap((key) =>
        voxelsIn(world, key, box)
      );
      return context.json({ seq: world.seq, epoch: world.epoch, voxels }, STATUS_CODE.OK);
    },
  );
}

interface CellBox {
  readonly min: Vec3;
  readonly max: Vec3;
}

function parseCorner(text: string): Vec3 {
  const [x, y, z] = text.split(",").map(Number);
  return [x!, y!, z!];
}

function regionsOf(world: World, { min, max }: CellBox, maxCells: number): RegionKey[] {
  const cells = gridCells(world.grid);
  if (min.some((low, axis) => low >= max[axis]!)) {
    throw new VoxcastError("INVALID_FIELD", "max: expected more than min on every axis");
  }
  if (max.some((high) => high > cells)) {
    throw new VoxcastError("OUT_OF_BOUNDS", `The world has cells 0 to ${cells - 1} an axis`);
  }
  if (max.reduce((product, high, axis) => product * (high - min[axis]!), 1) > maxCells) {
    throw new VoxcastError("PAYLOAD_TOO_LARGE", `The box has more than ${maxCells} cells`);
  }
  const size = 2 ** world.grid.depth;
  const [from, to] = [min.map((low) => Math.floor(low / size)), max.map((high) => Math.ceil(high / size))];
  const keys: RegionKey[] = [];
  for (let z = from[2]!; z < to[2]!; z++) {
    for (let y = from[1]!; y < to[1]!; y++) {
      for (let x = from[0]!; x < to[0]!; x++) {
        const key = regionOfCell(world.grid, x * size, y * size, z * size);
        if (world.region(key) !== undefined) keys.push(key);
      }
    }
  }
  if (keys.length > MAX_READ_REGIONS) {
    throw new VoxcastError("PAYLOAD_TOO_LARGE", `The box touches more than ${MAX_READ_REGIONS} regions`);
  }
  return keys;
}

function voxelsIn(world: World, key: RegionKey, { min, max }: CellBox): VoxelJson[] {
  const [originX, originY, originZ] = regionOrigin(world.grid, key);
  const { keys, colors, materials } = world.snapshot(key).samples;
  const voxels: VoxelJson[] = [];
  for (let i = 0; i < keys.length; i++) {
    const code = keys[i]!;
    const position = [originX + mortonX(code), originY + mortonY(code), originZ + mortonZ(code)] as const;
    if (position.every((cell, axis) => cell >= min[axis]! && cell < max[axis]!)) {
      voxels.push({ position: [...position], color: formatColor(colors[i]!), material: materials[i]! });
    }
  }
  return voxels;
}
