import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  type Bounds,
  mortonX,
  mortonY,
  mortonZ,
  type RegionKey,
  regionKey,
  regionOrigin,
  type Vec3,
} from "../../src/space/mod.ts";
import { hashSamples } from "../../src/tree/mod.ts";
import { VoxcastError } from "../../src/protocol/mod.ts";
import { type Applied, type EntityFields, type Op, World, type WorldLimits } from "../../src/world/mod.ts";
import { type Shown, SMALL_GRID, WorldModel } from "./world_model.ts";
import { runs } from "../support/runs.ts";
import { DEFAULT_WORLD_LIMITS } from "../support/limits.ts";

const LIMITS: WorldLimits = {
  ...DEFAULT_WORLD_LIMITS,
  maxEntitiesPerRegion: 3,
  maxEntitiesPerWorld: 6,
  maxEntityCells: 200,
};

// Few colours, ids and cells, so that writes often meet what is there.
const color = fc.constantFrom(0, 0xff0000ff, 0xff00ff00, 0x80ff0000, 0x00ffffff);
const opaque = fc.constantFrom(0xff0000ff, 0xff00ff00, 0x80ff0000);
const material = fc.constantFrom(0, 0, 7, 255);
const cell = fc.tuple(...[0, 1, 2].map(() => fc.constantFrom(0, 5, 6, 7, 8, 9, 15)));
const regions = fc.array(fc.integer({ min: 0, max: 7 }).map((morton) => regionKey(1, morton)), {
  maxLength: 4,
});

const patch = fc.array(fc.tuple(cell, color, material), { maxLength: 40 }).map((cells): Op => ({
  kind: "patch",
  cells: {
    positions: new Uint32Array(cells.flatMap(([at]) => at)),
    colors: new Uint32Array(cells.map(([, c]) => c)),
    materials: new Uint8Array(cells.map(([, , m]) => m)),
  },
}));
const clear = fc.oneof(
  fc.constant<Op>({ kind: "clear" }),
  regions.map((keys): Op => ({ kind: "clear", regions: keys })),
);
const quarter = fc.integer({ min: -2, max: 66 }).map((q) => q / 4);
const position = fc.tuple(quarter, quarter, quarter) as fc.Arbitrary<Vec3>;
const edge = fc.constantFrom(0.25, 1, 2, 4.5, 12);
const size = fc.tuple(edge, edge, edge) as fc.Arbitrary<Vec3>;
const id = fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "h");
const fields: fc.Arbitrary<EntityFields> = fc.record({
  id,
  type: fc.constantFrom("bird", "tree"),
  position,
  size,
  color: opaque,
  material,
});
const change = fc.record({ id, position, size, color: opaque, material, type: fc.constant("fish") }, {
  requiredKeys: ["id"],
});
const entities = fc.record({
  kind: fc.constant("entities" as const),
  source: fc.constantFrom("feed", "person"),
  atomic: fc.boolean(),
  put: fc.array(fields, { maxLength: 5 }),
  patch: fc.array(change, { maxLength: 3 }),
  remove: fc.array(id, { maxLength: 2 }),
});
const op: fc.Arbitrary<Op> = fc.oneof(
  { arbitrary: patch, weight: 4 },
  { arbitrary: entities, weight: 5 },
  { arbitrary: clear, weight: 1 },
);

function createWorld(limits: WorldLimits = LIMITS): World {
  return new World({ id: "main", grid: SMALL_GRID, epoch: 7, limits });
}

function shownBy(world: World): Map<RegionKey, Map<number, Shown>> {
  const regions = new Map<RegionKey, Map<number, Shown>>();
  for (const key of world.regions.keys()) {
    const { keys, colors, materials } = world.snapshot(key).samples;
    if (keys.length === 0) continue;
    regions.set(key, new Map([...keys].map((cell, i) => [cell, [colors[i]!, materials[i]!]])));
  }
  return regions;
}

/** The box around every shown cell, one by one; cells of the small grid are one unit wide. */
function boundsOf(shown: Map<RegionKey, Map<number, Shown>>): Bounds | undefined {
  const cells = [...shown].flatMap(([key, region]) => {
    const origin = regionOrigin(SMALL_GRID, key);
    return [...region.keys()].map((cell) =>
      [mortonX(cell), mortonY(cell), mortonZ(cell)].map((v, i) => v + origin[i]!)
    );
  });
  if (cells.length === 0) return undefined;
  const along = (axis: number): number[] => cells.map((cell) => cell[axis]!);
  return {
    min: [Math.min(...along(0)), Math.min(...along(1)), Math.min(...along(2))],
    max: [Math.max(...along(0)) + 1, Math.max(...along(1)) + 1, Math.max(...along(2)) + 1],
  };
}

function entitiesOf(world: World): unknown[] {
  return [...world.entities()].sort((a, b) => a.handle - b.handle);
}

function tryApply(world: World, op: Op, options?: { inverse: boolean }): Applied | VoxcastError {
  try {
    return world.apply(op, options);
  } catch (error) {
    if (error instanceof VoxcastError) return error;
    throw error;
  }
}

function errorItems(result: Applied | VoxcastError): string[] {
  const errors = result instanceof VoxcastError ? result.details! : result.errors;
  return errors.map((error) => `${error.path!.split(".").slice(0, 2).join(".")} ${error.code}`);
}

/** Changed regions, by comparing all that is shown. */
function differing(
  a: Map<RegionKey, Map<number, Shown>>,
  b: Map<RegionKey, Map<number, Shown>>,
): RegionKey[] {
  const text = (cells: Map<number, Shown> | undefined) =>
    JSON.stringify([...cells ?? []].sort((x, y) => x[0] - y[0]));
  return [...new Set([...a.keys(), ...b.keys()])].filter((key) => text(a.get(key)) !== text(b.get(key)))
    .sort();
}

Deno.test("after any ops the world shows what a plain map of cells and entities shows, and only what changed has a new version", () => {
  fc.assert(
    fc.property(fc.array(op, { minLength: 1, maxLength: 12 }), (ops) => {
      const world = createWorld();
      const model = new WorldModel(LIMITS);
      let seq = 0;
      for (const op of ops) {
        const versions = new Map([...world.regions].map(([key, region]) => [key, region.version]));
        const before = model.shown();
        const expected = model.apply(op);
        const after = model.shown();
        const result = tryApply(world, op);

        assertEquals(errorItems(result), expected.errors);
        assertEquals(result instanceof VoxcastError, expected.refused);
        const dirty = expected.refused ? [] : differing(before, after);
        if (!(result instanceof VoxcastError)) {
          assertEquals(result.changed, expected.changed);
          assertEquals([...result.dirty].sort(), dirty);
          if (result.changed > 0) seq++;
        }
        assertEquals(world.seq, seq);
        assertEquals(shownBy(world), sortCells(after));
        assertEquals(world.contentBounds(), boundsOf(after));
        assertEquals(entitiesOf(world), [...model.entities.values()].sort((a, b) => a.handle - b.handle));
        assertEquals(world.voxelCount, model.voxels);
        for (const [key, region] of world.regions) {
          const snapshot = world.snapshot(key);
          assertEquals(region.version, (versions.get(key) ?? 0) + (dirty.includes(key) ? 1 : 0));
          assert(isAscending(snapshot.samples.keys));
          assertEquals(region.hash, hashSamples(snapshot.samples));
          assertEquals([snapshot.version, snapshot.hash], [region.version, region.hash]);
          assertEquals(region.voxels, model.voxelsIn(key));
          assertEquals(region.entities, model.entitiesIn(key));
          assertEquals(world.dirty.has(key), true);
        }
      }
    }),
    { numRuns: runs(300) },
  );
});

Deno.test("undoing ops last to first restores content, handles and hashes at every step, and undoing that redoes them", () => {
  fc.assert(
    fc.property(fc.array(op, { minLength: 1, maxLength: 10 }), (ops) => {
      const world = createWorld();
      const states = [stateOf(world)];
      const undos: (readonly Op[])[] = [];
      for (const op of ops) {
        const result = tryApply(world, op, { inverse: true });
        if (result instanceof VoxcastError) continue;
        undos.push(result.inverse!);
        states.push(stateOf(world));
      }
      const redos: (readonly Op[])[] = [];
      for (let i = undos.length - 1; i >= 0; i--) {
        redos.push(applyAll(world, undos[i]!));
        assertEquals(stateOf(world), states[i]);
      }
      for (let i = 0; i < undos.length; i++) {
        applyAll(world, redos.pop()!);
        assertEquals(stateOf(world), states[i + 1]);
      }
    }),
    { numRuns: runs(300) },
  );
});

/** Applies ops and returns what takes all of them back. */
function applyAll(world: World, ops: readonly Op[]): Op[] {
  return ops.map((op) => world.apply(op, { inverse: true }).inverse!).reverse().flat();
}

function stateOf(world: World): unknown {
  const hashes = [...world.regions].filter(([key]) => world.snapshot(key).samples.keys.length > 0)
    .map(([key, region]) => [key, region.hash] as const).sort((a, b) => a[0] - b[0]);
  return { shown: shownBy(world), hashes, entities: entitiesOf(world), voxels: world.voxelCount };
}

function sortCells(regions: Map<RegionKey, Map<number, Shown>>): Map<RegionKey, Map<number, Shown>> {
  return new Map([...regions].map(([key, cells]) => [key, new Map([...cells].sort((a, b) => a[0] - b[0]))]));
}

function isAscending(keys: Uint32Array): boolean {
  return keys.every((key, i) => i === 0 || keys[i - 1]! < key);
}
