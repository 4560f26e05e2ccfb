import { add, encodeMorton, type Grid, normalize, regionKey, scale, type Vec3 } from "../space/mod.ts";
import { CUBE_TYPE, INSIDE_FACE, tetKey, WORLD_UNITS } from "../tree/mod.ts";
import type { PickHit, PickRay } from "./pick.ts";
import { toSceneSpace, toWorldSpace, worldEdge } from "./scene_space.ts";
import { faceNormal } from "./shade.ts";
import type { TracedRegion } from "./traced_world.ts";
import type { SceneHit, SceneRay } from "./worker_messages.ts";

/** A pick's ray in the space of scenes: its direction is a unit vector, so that t counts edges of the world. */
export function toSceneRay(grid: Grid, { origin, direction, maxDistance }: PickRay): SceneRay {
  return {
    origin: toSceneSpace(grid, origin),
    direction: unit(direction),
    tMax: maxDistance / worldEdge(grid),
  };
}

/** What a pick is told of what its ray met. */
export function toPickHit(grid: Grid, region: TracedRegion, ray: PickRay, hit: SceneHit): PickHit {
  const { level, type, face, x, y, z, size } = hit;
  const edge = worldEdge(grid);
  const direction = unit(ray.direction);
  const distance = hit.t * edge;
  const corner: Vec3 = [1 + x / WORLD_UNITS, 1 + y / WORLD_UNITS, 1 + z / WORLD_UNITS];
  return {
    key: regionKey(grid.level, hit.morton),
    version: region.version,
    lod: region.lod,
    cell: { min: toWorldSpace(grid, corner), size: size / WORLD_UNITS * edge },
    type,
    path: { level, key: nodeKey(hit) },
    normal: face === INSIDE_FACE ? scale(direction, -1) : faceNormal(face),
    face,
    color: hit.color,
    material: hit.material,
    distance,
    point: add(ray.origin, scale(direction, distance)),
  };
}

/** Key of the node in its region's tree; in a tetree level l >= 1 has the tetrahedra of 2^(l - 1) cubes an axis. */
function nodeKey({ type, level, x, y, z, size }: SceneHit): number {
  const cubes = type === CUBE_TYPE ? level : level - 1;
  const mask = 2 ** cubes - 1;
  const place = [x, y, z].map((units) => units / size & mask) as unknown as Vec3;
  return type === CUBE_TYPE ? encodeMorton(...place) : tetKey(type, ...place, cubes);
}

/** Directions of any length that pickProblem allows. */
function unit(direction: Vec3): Vec3 {
  const largest = Math.max(...direction.map(Math.abs));
  return normalize(scale(direction, 1 / largest));
}
