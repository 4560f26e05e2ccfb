import { z } from "@hono/zod-openapi";
import { formatColor, VoxcastError } from "../protocol/mod.ts";
import type { PickRequest } from "../snapshot/mod.ts";
import { cellSize, formatRegionKey, type Grid } from "../space/mod.ts";
import type { PickHit } from "../trace/mod.ts";
import type { TreeKind } from "../tree/mod.ts";
import { kindSchema, vec3Schema } from "./schemas.ts";

/** What POST /api/worlds/{w}/pick takes. */
export const pickSchema = z.strictObject({
  origin: vec3Schema.optional().openapi({
    description: "Where a ray begins, in world units; with `direction`",
  }),
  direction: vec3Schema.optional().openapi({ description: "Of any length but 0" }),
  x: z.number().optional().openapi({
    description:
      "In place of a ray: a point of a picture, from the left; 0 to 1, or pixels if `width` and `height` are given",
  }),
  y: z.number().optional().openapi({ description: "The same from the top" }),
  width: z.int().min(1).max(16_384).optional().openapi({ description: "Width of that picture in pixels" }),
  height: z.int().min(1).max(16_384).optional().openapi({
    description: "Its height; without a size it is taken to be 16:9",
  }),
  eye: vec3Schema.optional().openapi({ description: "Its camera, as of `snapshot.png`" }),
  lookAt: vec3Schema.optional(),
  up: vec3Schema.optional(),
  fovY: z.number().optional().openapi({ description: "Radians" }),
  maxDistance: z.number().positive().optional().openapi({
    description: "World units; as far as the world goes unless told",
  }),
  kind: kindSchema.optional().openapi({ description: "The world's own unless told" }),
  lod: z.int().min(0).optional().openapi({ description: "Level of detail, 0 (the finest) unless told" }),
}).openapi("Pick");

/** Names of faces: the axis or diagonal plane, and on which side of it is the outside. */
const FACES = ["-x", "+x", "-y", "+y", "-z", "+z", "-xy", "+xy", "-yz", "+yz", "-xz", "+xz"] as const;

/** What it answers. */
export const pickedSchema = z.object({
  epoch: z.int(),
  hit: z.object({
    region: z.string().openapi({ description: "level/morton" }),
    kind: kindSchema,
    version: z.int(),
    lod: z.int().openapi({ description: "Level of detail that the region was looked at" }),
    voxel: vec3Schema.nullable().openapi({
      description:
        "Lowest cell of the cube that was met, from the world's min corner; null for a tetrahedron",
    }),
    tet: z.object({
      cube: vec3Schema.openapi({ description: "Lowest cell of the cube that it is a sixth of" }),
      type: z.int().min(0).max(5),
    }).nullable().openapi({ description: "The tetrahedron that was met; null for a cube" }),
    size: z.int().openapi({ description: "Edge of that cube in cells" }),
    face: z.enum(FACES).nullable().openapi({
      description:
        "Side on which it was entered; -xy and +xy are those of the plane in which x - y stays the same. Null if the ray begins inside",
    }),
    normal: vec3Schema.openapi({ description: "Unit normal of that face" }),
    color: z.string().openapi({ description: "#rrggbb, or #rrggbbaa" }),
    material: z.int(),
    distance: z.number().openapi({ description: "World units from where the ray begins" }),
    point: vec3Schema.openapi({ description: "Where it was met" }),
  }).nullable(),
}).openapi("Picked");

/**
 * The question of a body that its schema describes.
 * @throws {VoxcastError} MISSING_FIELD, CONFLICTING_FIELD
 */
export function pickRequest(body: z.output<typeof pickSchema>): PickRequest {
  const { origin, direction, x, y, width, height, eye, lookAt, up, fovY, maxDistance, kind, lod } = body;
  const rest = {
    ...(maxDistance === undefined ? {} : { maxDistance }),
    ...(kind === undefined ? {} : { kind }),
    ...(lod === undefined ? {} : { lod }),
  };
  if (origin !== undefined || direction !== undefined) {
    const other = Object.entries({ x, y, width, height, eye, lookAt, up, fovY }).find(([, value]) =>
      value !== undefined
    );
    if (other !== undefined) {
      throw new VoxcastError(
        "CONFLICTING_FIELD",
        `${other[0]}: expected no camera beside origin and direction`,
      );
    }
    if (origin === undefined || direction === undefined) {
      throw missing(origin === undefined ? "origin" : "direction", "a ray has both origin and direction");
    }
    return { origin, direction, ...rest };
  }
  if (x === undefined || y === undefined) {
    throw missing(x === undefined ? "x" : "y", "expected origin and direction, or a camera with x and y");
  }
  return {
    x,
    y,
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
    ...(eye === undefined ? {} : { eye }),
    ...(lookAt === undefined ? {} : { lookAt }),
    ...(up === undefined ? {} : { up }),
    ...(fovY === undefined ? {} : { fovY }),
    ...rest,
  };
}

/** A hit as it is shown. */
export function hitJson(
  grid: Grid,
  kind: TreeKind,
  hit: PickHit,
): NonNullable<z.infer<typeof pickedSchema>["hit"]> {
  const { key, version, lod, cell, type, face, normal, color, material, distance, point } = hit;
  const edge = cellSize(grid);
  const lowest = cell.min.map((min, axis) => Math.round((min - grid.bounds.min[axis]!) / edge));
  const cube: [number, number, number] = [lowest[0]!, lowest[1]!, lowest[2]!];
  return {
    region: formatRegionKey(key),
    kind,
    version,
    lod,
    voxel: type < 0 ? cube : null,
    tet: type < 0 ? null : { cube, type },
    size: Math.round(cell.size / edge),
    face: FACES[face] ?? null,
    normal: [...normal],
    color: formatColor(color),
    material,
    distance,
    point: [...point],
  };
}

function missing(field: string, what: string): VoxcastError {
  return new VoxcastError("MISSING_FIELD", `${field}: ${what}`);
}
