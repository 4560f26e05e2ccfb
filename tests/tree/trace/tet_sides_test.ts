import { assert, assertEquals } from "@std/assert";
import { seededRandom } from "../../../src/observe/mod.ts";
import {
  ASKED,
  codeAround,
  ENTRIES,
  EXITS,
  INDEX_OF_ORDER,
  NO_FAMILY,
  ORDER_OF_TYPE,
  REGION_CELL,
  TOP_CELL,
  TURNS,
  TYPE_OF_ORDER,
} from "../../../src/tree/trace/tet_sides.ts";
import { beyChildren, contains, faceOf, kuhnTet, type Point, shapeOf, type Tet } from "../tet_geometry.ts";

const TYPES = [0, 1, 2, 3, 4, 5];
const FAMILIES: readonly Point[] = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, -1, 0], [0, 1, -1], [1, 0, -1]];
/** Edge of the cubes here: points within have whole coordinates. */
const EDGE = 2 ** 12;
const ROOTS = TYPES.map((type) => kuhnTet(type, [0, 0, 0], EDGE));
const random = seededRandom(6);

interface Child {
  readonly tet: Tet;
  readonly entry: number;
}

/** Children of each type as the code, the index and the octant in one number, by their geometry. */
const CHILDREN: readonly (readonly Child[])[] = ROOTS.map((root) => {
  const children = beyChildren(root).map((tet) => {
    const { type, corner } = shapeOf(tet, EDGE / 2)!;
    return { tet, type, octant: octantOf(corner) };
  });
  children.sort((a, b) => a.octant - b.octant || a.type - b.type);
  return children.map(({ tet, type, octant }, index) => ({
    tet,
    entry: ORDER_OF_TYPE[type]! | (index << 3) | (octant << 6),
  }));
});

Deno.test("the code of a tetrahedron is the order of the coordinates in it", () => {
  for (const type of TYPES) {
    const [x, y, z] = mean(ROOTS[type]!);
    assertEquals(ORDER_OF_TYPE[type], Number(x > y) | (Number(y > z) << 1) | (Number(x > z) << 2));
    assertEquals(TYPE_OF_ORDER[ORDER_OF_TYPE[type]!], type);
  }
  assertEquals([TYPE_OF_ORDER[REGION_CELL], TYPE_OF_ORDER[TOP_CELL]], [-1, -1]);
});

Deno.test("across a face the order turns over by the face's family, and axes lead to the next cube", () => {
  for (const type of TYPES) {
    for (let face = 0; face < 4; face++) {
      const family = familyOf(ROOTS[type]!, face);
      const behind = ORDER_OF_TYPE[type]! ^ TURNS[family]!;
      const isFar = family < 3 && ROOTS[type]!.every((v, i) => i === face || v[family] === EDGE);
      const step = FAMILIES[family]!.map((n) => family < 3 ? (isFar ? n : -n) * EDGE : 0) as unknown as Point;
      const neighbour = kuhnTet(TYPE_OF_ORDER[behind]!, step, EDGE);
      const faces = [0, 1, 2, 3].map((k) => faceOf(neighbour, k));
      assert(faces.includes(faceOf(ROOTS[type]!, face)), `type ${type}, face ${face}`);
    }
  }
});

Deno.test("parents and indices by order are those of the halves", () => {
  for (const type of TYPES) {
    for (const { entry } of CHILDREN[type]!) {
      const [code, index, octant] = [entry & 7, (entry >> 3) & 7, entry >> 6];
      const parent = codeAround(code, octant & 1, (octant >> 1) & 1, octant >> 2);
      assertEquals(parent, ORDER_OF_TYPE[type]);
      assertEquals(INDEX_OF_ORDER[8 * code + octant], index);
    }
  }
});

Deno.test("a ray may leave by the faces whose outward normal it goes along", () => {
  for (let i = 0; i < 500; i++) {
    const direction = [0, 1, 2].map(() => random() - 0.5) as unknown as Point;
    const descents = bits((family) => dot(FAMILIES[family]!, direction) < 0);
    for (const type of TYPES) {
      const tet = ROOTS[type]!;
      const middle = mean(tet);
      const exits = new Set([0, 1, 2, 3].flatMap((face) => {
        const family = familyOf(tet, face);
        const normal = FAMILIES[family]!;
        const outward = dot(normal, tet[(face + 1) % 4]!) > dot(normal, middle) ? 1 : -1;
        return outward * dot(normal, direction) > 0 ? [family] : [];
      }));
      assertEquals(EXITS[64 * ORDER_OF_TYPE[type]! + descents], bits((family) => exits.has(family)));
    }
    for (const code of [REGION_CELL, TOP_CELL]) assertEquals(EXITS[64 * code + descents], 7);
  }
});

Deno.test("a ray comes into the child that holds the point, inside and on each face", () => {
  for (let i = 0; i < 300; i++) {
    for (const type of TYPES) {
      const code = ORDER_OF_TYPE[type]!;
      for (let face = -1; face < 4; face++) {
        const point = pointOn(ROOTS[type]!, face);
        const family = face < 0 ? NO_FAMILY : familyOf(ROOTS[type]!, face);
        const found = ENTRIES[512 * code + 64 * family + sidesOf(point, EDGE / 2, code)]!;
        const child = CHILDREN[type]!.find(({ entry }) => entry === found);
        assert(child !== undefined, `type ${type} has the child ${found}`);
        assert(contains(child.tet, point), `type ${type}, face ${face}: the child holds ${point}`);
      }
    }
  }
});

Deno.test("whatever the sides, a ray comes in by a child that has a part of the face", () => {
  for (const type of TYPES) {
    const code = ORDER_OF_TYPE[type]!;
    for (let face = 0; face < 4; face++) {
      const family = familyOf(ROOTS[type]!, face);
      const own = (sidesOf(pointOn(ROOTS[type]!, face), EDGE / 2, code) >> family) & 1;
      const plane = dot(FAMILIES[family]!, ROOTS[type]![(face + 1) % 4]!);
      const met = new Set<number>();
      for (let sides = 0; sides < 64; sides++) {
        if (((sides >> family) & 1) !== own) continue;
        const found = ENTRIES[512 * code + 64 * family + sides]!;
        const child = CHILDREN[type]!.find(({ entry }) => entry === found);
        assert(child !== undefined, `type ${type} has the child ${found}`);
        const onFace = child.tet.filter((vertex) => dot(FAMILIES[family]!, vertex) === plane);
        assertEquals(onFace.length, 3, `type ${type}, face ${face}, sides ${sides}`);
        met.add(found);
      }
      assertEquals(met.size, 4, "each quarter of the face is reached");
    }
  }
});

Deno.test("a ray comes into a region's cube by the tetrahedron that holds the point, and has a part of the face", () => {
  for (let i = 0; i < 300; i++) {
    for (let face = -1; face < 6; face++) {
      const [axis, side] = [face >> 1, face & 1];
      const point = [0, 1, 2].map((a) => a === axis ? side * EDGE : odd(EDGE)) as unknown as Point;
      const family = face < 0 ? NO_FAMILY : axis;
      const entry = (sides: number) => ENTRIES[512 * REGION_CELL + 64 * family + sides]!;
      const found = entry(sidesOf(point, EDGE / 2, undefined));
      assert(contains(ROOTS[found >> 3]!, point), `face ${face}: type ${found >> 3} holds ${point}`);
      for (let sides = 0; sides < 64; sides++) {
        const other = entry(face < 0 ? sides : (sides & ~(1 << axis)) | (side << axis));
        assertEquals(other & 7, ORDER_OF_TYPE[other >> 3]);
        if (face < 0) continue;
        const onFace = ROOTS[other >> 3]!.filter((vertex) => vertex[axis] === side * EDGE);
        assertEquals(onFace.length, 3, `face ${face}, sides ${sides}`);
      }
    }
  }
});

Deno.test("a child is found by the sides that are asked for, and the face's own side is not asked for", () => {
  for (let code = 0; code < 8; code++) {
    const type = TYPE_OF_ORDER[code]!;
    const faces = type < 0 ? [0, 1, 2] : [0, 1, 2, 3].map((face) => familyOf(ROOTS[type]!, face));
    for (const family of [...faces, NO_FAMILY]) {
      const asked = ASKED[8 * code + family]!;
      const own = family === NO_FAMILY ? 0 : 1 << family;
      assertEquals(asked & own, 0, `code ${code}, family ${family}`);
      for (let sides = 0; sides < 64; sides++) {
        const at = 512 * code + 64 * family;
        assertEquals(ENTRIES[at + sides], ENTRIES[at + (sides & (asked | own))]);
      }
    }
  }
});

Deno.test("a ray comes into a cube of the octree by the octant of its sides", () => {
  for (let i = 0; i < 7 * 64; i++) {
    const octant = i & 7;
    assertEquals(ENTRIES[512 * TOP_CELL + i], TOP_CELL | (octant << 3) | (octant << 6));
  }
});

/** The sides of a cell's middle planes that a point is on; of the cube's own for pairs if there is no code. */
function sidesOf(point: Point, half: number, code: number | undefined): number {
  return bits((family) => {
    const pair = code === undefined ? 0 : ((code >> (family - 3)) & 1) === 1 ? half : -half;
    return dot(FAMILIES[family]!, point) > (family < 3 ? half : pair);
  });
}

/** A point inside of a tetrahedron or on one of its faces, on none of its middle planes. */
function pointOn(tet: Tet, face: number): Point {
  for (;;) {
    const cuts = [random(), random(), random()].map((cut) => Math.floor(cut * EDGE)).sort((a, b) => a - b);
    const weights = [cuts[0]!, cuts[1]! - cuts[0]!, cuts[2]! - cuts[1]!, EDGE - cuts[2]!];
    if (face >= 0) {
      weights[(face + 1) % 4]! += weights[face]!;
      weights[face] = 0;
    }
    const point = [0, 1, 2].map((axis) => {
      return tet.reduce((sum, vertex, i) => sum + vertex[axis]! * weights[i]!, 0) / EDGE;
    }) as unknown as Point;
    const onPlane = FAMILIES.filter((normal) => Math.abs(dot(normal, point)) === EDGE / 2);
    if (onPlane.length === 0 && weights.every((weight, i) => weight > 0 || i === face)) return point;
  }
}

/** The one family whose planes hold a face. */
function familyOf(tet: Tet, face: number): number {
  return FAMILIES.findIndex((normal) => {
    return new Set(tet.filter((_, i) => i !== face).map((vertex) => dot(normal, vertex))).size === 1;
  });
}

function bits(isSet: (family: number) => boolean): number {
  return FAMILIES.reduce((mask, _, family) => mask | (Number(isSet(family)) << family), 0);
}

function octantOf(corner: Point): number {
  return corner.reduce((octant, c, axis) => octant | (Number(c > 0) << axis), 0);
}

/** An odd number below: neither 0 nor in the middle. */
function odd(most: number): number {
  return 2 * Math.floor((random() * most) / 2) + 1;
}

function mean(tet: Tet): Point {
  return [0, 1, 2].map((axis) => tet.reduce((sum, vertex) => sum + vertex[axis]! / 4, 0)) as unknown as Point;
}

function dot(a: Point, b: Point): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
