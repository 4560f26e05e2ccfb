import { assert, assertEquals } from "@std/assert";
import {
  CHILD_INDEX,
  NEIGHBOUR_FACE,
  NEIGHBOUR_TYPE,
  OCTANT_OF_CHILD,
  OCTANTS_OF_TYPE,
  PARENT_TYPE,
  TET_TYPES,
  TYPE_OF_CHILD,
  TYPES_OF_OCTANTS,
  VERTEX_CORNERS,
} from "../../src/tree/mod.ts";
import {
  beyChildren,
  contains,
  faceOf,
  fourCentroids,
  kuhnTet,
  type Point,
  separated,
  shapeOf,
  sixVolumes,
  type Tet,
  times,
} from "./tet_geometry.ts";

const TYPES = [0, 1, 2, 3, 4, 5];

/** A child of a parent in the cube of edge 2, with what the parent's order of children needs. */
interface Child {
  readonly tet: Tet;
  readonly type: number;
  readonly octant: number;
}

/** Children of each type, sorted by octant, then by type. */
const CHILDREN: readonly (readonly Child[])[] = TYPES.map((type) => {
  const children = beyChildren(kuhnTet(type, [0, 0, 0], 2)).map((tet) => {
    const shape = shapeOf(tet, 1);
    assert(shape !== undefined, `a child of type ${type} is one of the six tetrahedra`);
    return { tet, type: shape.type, octant: cornerNumber(shape.corner) };
  });
  return children.sort((a, b) => a.octant - b.octant || a.type - b.type);
});

Deno.test("there are six tetrahedra in a cube, and they fill it without meeting inside", () => {
  assertEquals(TET_TYPES, TYPES.length);
  const tets = TYPES.map((type) => kuhnTet(type, [0, 0, 0], 1));
  assertEquals(tets.reduce((sum, tet) => sum + Math.abs(sixVolumes(tet)), 0), 6);
  assertEveryPairSeparated(tets);
});

Deno.test("the vertices of each type run along its order of the axes", () => {
  const corners = TYPES.flatMap((type) => kuhnTet(type, [0, 0, 0], 1).map(cornerNumber));
  assertEquals([...VERTEX_CORNERS], corners);
});

Deno.test("the eight children of each type fill their parent without meeting inside", () => {
  for (const type of TYPES) {
    const parent = kuhnTet(type, [0, 0, 0], 2);
    const tets = CHILDREN[type]!.map(({ tet }) => tet);
    assertEquals(tets.length, 8);
    for (const tet of tets) {
      assertEquals(8 * Math.abs(sixVolumes(tet)), Math.abs(sixVolumes(parent)));
      for (const vertex of tet) assert(contains(parent, vertex), `${vertex} is in the parent`);
    }
    assertEveryPairSeparated(tets);
  }
});

Deno.test("the types and octants of children are those of the halves, sorted by octant and type", () => {
  assertEquals([...TYPE_OF_CHILD], CHILDREN.flatMap((children) => children.map(({ type }) => type)));
  assertEquals([...OCTANT_OF_CHILD], CHILDREN.flatMap((children) => children.map(({ octant }) => octant)));
});

Deno.test("each tetrahedron in each octant has one parent, and is its child of that index", () => {
  const indices = new Array<number>(48).fill(-1);
  const parents = new Array<number>(48).fill(-1);
  CHILDREN.forEach((children, parent) => {
    children.forEach(({ type, octant }, index) => {
      assertEquals(parents[6 * octant + type], -1, "no other parent has it");
      parents[6 * octant + type] = parent;
      indices[8 * type + octant] = index;
    });
  });
  assertEquals([...PARENT_TYPE], parents);
  assertEquals([...CHILD_INDEX], indices);
});

Deno.test("the parent of every child is its parent, and its index the child's", () => {
  for (const type of TYPES) {
    for (let index = 0; index < 8; index++) {
      const childType = TYPE_OF_CHILD[8 * type + index]!;
      const octant = OCTANT_OF_CHILD[8 * type + index]!;
      assertEquals(PARENT_TYPE[6 * octant + childType], type);
      assertEquals(CHILD_INDEX[8 * childType + octant], index);
    }
  }
});

Deno.test("behind each face is the tetrahedron that shares its three vertices", () => {
  const around: { type: number; tet: Tet }[] = [];
  for (let x = -1; x <= 1; x++) {
    for (let y = -1; y <= 1; y++) {
      for (let z = -1; z <= 1; z++) {
        for (const type of TYPES) around.push({ type, tet: kuhnTet(type, [x, y, z], 1) });
      }
    }
  }
  for (const type of TYPES) {
    const tet = kuhnTet(type, [0, 0, 0], 1);
    for (let face = 0; face < 4; face++) {
      const shared = around.flatMap((other) =>
        [0, 1, 2, 3]
          .filter((k) => faceOf(other.tet, k) === faceOf(tet, face) && `${other.tet}` !== `${tet}`)
          .map((k) => [other.type, k])
      );
      assertEquals(shared, [[NEIGHBOUR_TYPE[4 * type + face], NEIGHBOUR_FACE[4 * type + face]]]);
    }
  }
});

Deno.test("a neighbour's neighbour across the same face is the tetrahedron itself", () => {
  for (let i = 0; i < 24; i++) {
    const back = 4 * NEIGHBOUR_TYPE[i]! + NEIGHBOUR_FACE[i]!;
    assertEquals([NEIGHBOUR_TYPE[back], NEIGHBOUR_FACE[back]], [i >> 2, i & 3]);
  }
});

Deno.test("a tetrahedron two voxels wide meets exactly the voxels of its octants", () => {
  for (const type of TYPES) {
    // A voxel is met if one of its own six tetrahedra lies inside: planes of one family cross none of a finer level.
    const tet = times(kuhnTet(type, [0, 0, 0], 2), 4);
    let met = 0;
    for (let octant = 0; octant < 8; octant++) {
      const parts = TYPES.map((part) => fourCentroids(kuhnTet(part, cornerOf(octant), 1)));
      if (parts.some((centroid) => contains(tet, centroid))) met |= 1 << octant;
    }
    assertEquals(OCTANTS_OF_TYPE[type], met);
  }
});

Deno.test("octants occupy the types that meet them", () => {
  for (let octants = 0; octants < 256; octants++) {
    const types = TYPES.filter((type) => (OCTANTS_OF_TYPE[type]! & octants) !== 0);
    assertEquals(TYPES_OF_OCTANTS[octants], types.reduce((mask, type) => mask | (1 << type), 0));
  }
  const single = [0, 1, 2, 3, 4, 5, 6, 7].map((octant) => typesIn(TYPES_OF_OCTANTS[1 << octant]!));
  assertEquals(single, ["012345", "01", "23", "12", "45", "05", "34", "012345"]);
});

function typesIn(mask: number): string {
  return TYPES.filter((type) => (mask >> type) & 1).join("");
}

function cornerNumber([x, y, z]: Point): number {
  return x + 2 * y + 4 * z;
}

function cornerOf(octant: number): Point {
  return [octant & 1, (octant >> 1) & 1, octant >> 2];
}

function assertEveryPairSeparated(tets: readonly Tet[]): void {
  tets.forEach((one, i) => {
    for (const other of tets.slice(i + 1)) assert(separated(one, other), `${one} and ${other} meet`);
  });
}
