import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ImportError } from "../../src/sources/import_error.ts";
import { turnUp } from "../../src/sources/parsed_model.ts";
import { parseVox } from "../../src/sources/vox_model.ts";
import { group, layer, model, shape, transform, voxFile, type VoxVoxel } from "./vox_writer.ts";
import { DEFAULT_IMPORT_LIMITS } from "../support/limits.ts";

function positionsOf(bytes: Uint8Array, limits = DEFAULT_IMPORT_LIMITS): number[][] {
  const { points } = parseVox(bytes, limits);
  return Array.from({ length: points.count }, (_, i) => [...points.positions.subarray(i * 3, i * 3 + 3)]);
}

const ONE = model([1, 1, 1], [[0, 0, 0, 1]]);

Deno.test("rotation byte 17 is the matrix rows (0 -1 0), (1 0 0), (0 0 1)", () => {
  // The pairing of byte and matrix that the format's own discussion gives.
  const voxels: VoxVoxel[] = [[0, 0, 0, 1], [2, 0, 0, 2]];
  const bytes = voxFile(200, model([3, 3, 3], voxels), transform(0, 1, { _r: "17" }), shape(1, [0]));
  // Around the cell (1, 1, 1): (-1, -1, -1) -> (1, -1, -1), (1, -1, -1) -> (1, 1, -1), by cell centres.
  assertEquals(positionsOf(bytes), [[0, -1, -1], [0, 1, -1]]);
});

Deno.test("every rotation byte turns voxel centres around floor(size / 2) as its matrix says", () => {
  const axes = fc.constantFrom([0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]);
  const edge = fc.integer({ min: 1, max: 9 });
  const moves = fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: -300, max: 300 })));
  fc.assert(
    fc.property(
      axes,
      fc.integer({ min: 0, max: 7 }),
      edge,
      edge,
      edge,
      moves,
      (rows, negative, sx, sy, sz, t) => {
        const size = [sx, sy, sz];
        const voxel = [sx - 1, sy >> 1, 0];
        const byte = rows[0]! | (rows[1]! << 2) | (negative << 4);
        const bytes = voxFile(
          200,
          model([sx, sy, sz], [[voxel[0]!, voxel[1]!, voxel[2]!, 1]]),
          transform(0, 1, { _r: String(byte), _t: t.join(" ") }),
          shape(1, [0]),
        );
        const centred = voxel.map((value, axis) => value + 0.5 - Math.floor(size[axis]! / 2));
        const expected = rows.map((from, row) => {
          const sign = (negative >> row) & 1 ? -1 : 1;
          return Math.floor(sign * centred[from]! + t[row]!);
        });
        assertEquals(positionsOf(bytes), [expected]);
      },
    ),
  );
});

Deno.test("any two nested transforms equal one after the other", () => {
  const axes = fc.constantFrom([0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]);
  const moves = fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: -50, max: 50 })));
  const step = fc.record({ rows: axes, negative: fc.nat(7), moves });
  fc.assert(fc.property(step, step, (outer, inner) => {
    const frame = ({ rows, negative, moves }: typeof outer): Record<string, string> => ({
      _r: String(rows[0]! | (rows[1]! << 2) | (negative << 4)),
      _t: moves.join(" "),
    });
    const bytes = voxFile(
      200,
      model([4, 4, 4], [[3, 1, 0, 1]]),
      transform(0, 1, frame(outer)),
      group(1, [2]),
      transform(2, 3, frame(inner)),
      shape(3, [0]),
    );
    let centre = [1.5, -0.5, -1.5];
    for (const { rows, negative, moves } of [inner, outer]) {
      centre = rows.map((from, row) => ((negative >> row) & 1 ? -1 : 1) * centre[from]! + moves[row]!);
    }
    assertEquals(positionsOf(bytes), [centre.map(Math.floor)]);
  }));
});

Deno.test("nested transforms act from the inside out", () => {
  const bytes = voxFile(
    200,
    ONE,
    transform(0, 1, { _r: "17", _t: "100 0 0" }),
    group(1, [2]),
    transform(2, 3, { _t: "10 0 5" }),
    shape(3, [0]),
  );
  // (10.5, 0.5, 5.5) turned: (-0.5, 10.5, 5.5); moved: (99.5, 10.5, 5.5).
  assertEquals(positionsOf(bytes), [[99, 10, 5]]);
});

Deno.test("Z up becomes Y up as (x, z, -y), without mirroring", () => {
  const voxels: VoxVoxel[] = [[0, 0, 0, 1], [3, 0, 0, 2], [0, 5, 0, 3], [0, 0, 7, 4]];
  const { points } = parseVox(voxFile(200, model([8, 8, 8], voxels)), DEFAULT_IMPORT_LIMITS);
  turnUp(points);
  const at = (i: number): number[] => [...points.positions.subarray(i * 3, i * 3 + 3)];
  const origin = at(0);
  const relative = [1, 2, 3].map((i) => at(i).map((value, axis) => value - origin[axis]!));
  assertEquals(relative, [[3, 0, 0], [0, 0, -5], [0, 7, 0]]);
});

Deno.test("without a scene graph several models stand side by side on one floor", () => {
  const bytes = voxFile(
    150,
    model([3, 2, 5], [[2, 1, 4, 1]]),
    model([4, 4, 4], [[0, 0, 0, 1], [3, 3, 3, 1]]),
  );
  assertEquals(positionsOf(bytes), [[2, 1, 4], [4, 0, 0], [7, 3, 3]]);
});

Deno.test("hidden nodes and layers, later frames and unused models are left out and counted", () => {
  const bytes = voxFile(
    200,
    ...[1, 2, 3, 4, 5, 6].map((count) =>
      model([8, 1, 1], Array.from({ length: count }, (_, x) => [x, 0, 0, 1] as const))
    ),
    transform(0, 1),
    group(1, [2, 4, 6, 8]),
    transform(2, 3),
    shape(3, [0]),
    transform(4, 5, {}, { attributes: { _hidden: "1" } }),
    shape(5, [1]),
    transform(6, 7, {}, { layer: 4 }),
    shape(7, [2]),
    transform(8, 9),
    shape(9, [4, 3], [{ _f: "8" }, { _f: "0" }]),
    layer(4, { _name: "roof", _hidden: "1" }),
  );
  const parsed = parseVox(bytes, DEFAULT_IMPORT_LIMITS);
  assertEquals(parsed.points.count, 1 + 4);
  assertEquals(parsed.pointsIn, 1 + 2 + 3 + 4 + 5 + 6);
  assertEquals(parsed.dropped, [
    { reason: "hidden node or layer", count: 2 + 3 },
    { reason: "later animation frame", count: 5 },
    { reason: "model that the scene does not show", count: 6 },
  ]);
  assertEquals(parsed.models.map(({ instances }) => instances), [1, 0, 0, 1, 0, 0]);
});

Deno.test("a node that several parents share is shown once for each", () => {
  const bytes = voxFile(
    200,
    ONE,
    transform(0, 1),
    group(1, [2, 3]),
    transform(2, 4, { _t: "5 0 0" }),
    transform(3, 4, { _t: "9 0 0" }),
    shape(4, [0]),
  );
  assertEquals(positionsOf(bytes), [[5, 0, 0], [9, 0, 0]]);
});

const BAD_GRAPHS: Readonly<Record<string, readonly [readonly Uint8Array[], string]>> = {
  "a node that holds itself": [[transform(0, 0)], "without cycles"],
  "a cycle through a group": [[transform(0, 1), group(1, [2]), transform(2, 1)], "without cycles"],
  "a missing child": [[transform(0, 7)], "expected node 7, it is missing"],
  "no root": [[shape(3, [0])], "expected node 0, it is missing"],
  "a model that is not there": [[transform(0, 1), shape(1, [1])], "expected a model below 1, found 1"],
  "a negative model": [[transform(0, 1), shape(1, [-1])], "found -1"],
  "two nodes with one id": [[transform(0, 1), shape(1, [0]), shape(1, [0])], "a node id of its own"],
  "a rotation with an axis twice": [[transform(0, 1, { _r: "5" }), shape(1, [0])], "three different axes"],
  "a rotation that is no number": [[transform(0, 1, { _r: "x" }), shape(1, [0])], 'found "x"'],
  "a translation of two numbers": [[transform(0, 1, { _t: "1 2" }), shape(1, [0])], "three whole numbers"],
  "a translation beyond reason": [[transform(0, 1, { _t: "1 2 99999999" }), shape(1, [0])], "99999999"],
};

for (const [name, [nodes, message]] of Object.entries(BAD_GRAPHS)) {
  Deno.test(`a scene graph with ${name} is refused`, () => {
    const error = assertThrows(() => positionsOf(voxFile(200, ONE, ...nodes)), ImportError, message);
    assertEquals(error.code, "INVALID");
    assertEquals(error.format, ".vox");
  });
}

Deno.test("a graph that doubles at every level is stopped by the node limit, not by patience", () => {
  const levels = 40;
  const nodes = Array.from({ length: levels }, (_, i) => group(i, [i + 1, i + 1]));
  const error = assertThrows(
    () => positionsOf(voxFile(200, ONE, ...nodes, shape(levels, [0]))),
    ImportError,
    "at most 262144 scene nodes",
  );
  assertEquals(error.code, "LIMIT");
});

Deno.test("nesting is bounded and costs no stack", () => {
  const deep = Array.from({ length: 20_000 }, (_, i) => transform(i, i + 1));
  const bytes = voxFile(200, ONE, ...deep, shape(20_000, [0]));
  assertEquals(assertThrows(() => positionsOf(bytes), ImportError, "nesting of at most 1024").code, "LIMIT");
  assertEquals(positionsOf(bytes, { ...DEFAULT_IMPORT_LIMITS, maxSceneDepth: 20_000 }).length, 1);
});

Deno.test("the voxels of all instances together are bounded before any is made", () => {
  const nodes = [transform(0, 1), group(1, Array.from({ length: 50 }, () => 2)), shape(2, [0])];
  const limits = { ...DEFAULT_IMPORT_LIMITS, maxPoints: 49 };
  const error = assertThrows(() => positionsOf(voxFile(200, ONE, ...nodes), limits), ImportError, "found 50");
  assertEquals(error.code, "LIMIT");
});
