import { assert, assertEquals } from "@std/assert";
import { VOXLoader } from "three/addons/loaders/VOXLoader.js";
import { readVoxFile } from "../../src/sources/vox.ts";
import { parseVox } from "../../src/sources/vox_model.ts";
import { turnUp } from "../../src/sources/parsed_model.ts";
import { DEER_VOX, EXTENDED_VOX, modelNeeds, TREE_VOX } from "../support/real_models.ts";
import { chunk, int32, join, listChunks, material, model, palette, text, voxFile } from "./vox_writer.ts";
import { testWith } from "../support/needs.ts";
import { DEFAULT_IMPORT_LIMITS } from "../support/limits.ts";

interface ThreeNode {
  readonly matrix: { readonly elements: readonly number[] };
  updateMatrix(): void;
}

/** What three's loader gives for a file. */
interface ThreeVox {
  readonly chunks: readonly {
    readonly size: { readonly x: number; readonly y: number; readonly z: number };
    readonly data: Uint8Array;
    readonly palette: readonly number[];
  }[];
  readonly scene: { readonly children: readonly ThreeNode[] };
}

function threeVox(bytes: Uint8Array<ArrayBuffer>): ThreeVox {
  return new VOXLoader().parse(bytes.slice().buffer);
}

/** A copy whose scene chunks three does not know: it would turn every model into a mesh, for seconds. */
function withoutScene(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const copy = bytes.slice();
  for (const { tag, offset } of listChunks(copy)) if (/^n(TRN|GRP|SHP)$/.test(tag)) copy[offset - 12] = 0x78;
  return copy;
}

/** A copy with the same scene but models of one voxel's space and no voxels. */
function withoutVoxels(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const chunks = listChunks(bytes).map(({ tag, offset, length }) => {
    if (tag === "SIZE") return chunk(tag, int32(2, 2, 2));
    return chunk(tag, tag === "XYZI" ? int32(0) : bytes.slice(offset, offset + length));
  });
  return voxFile(150, ...chunks);
}

for (const [name, path] of [["tree", TREE_VOX], ["extended", EXTENDED_VOX], ["deer", DEER_VOX]] as const) {
  testWith(modelNeeds, `${name}.vox gives the same models and palette as three's loader`, async () => {
    const bytes = await Deno.readFile(path);
    const file = readVoxFile(bytes, DEFAULT_IMPORT_LIMITS);
    const three = threeVox(withoutScene(bytes));
    assertEquals(file.models.length, three.chunks.length);
    file.models.forEach((model, i) => {
      const { size, data, palette } = three.chunks[i]!;
      assertEquals(model.size, [size.x, size.y, size.z]);
      assertEquals(model.count * 4, data.length);
      assert(model.voxels.every((value, at) => value === data[at]), "voxels differ");
      const used = new Set(data.filter((_, at) => at % 4 === 3));
      for (const index of used) assertEquals(file.palette[index], palette[index], `colour ${index}`);
    });
  });
}

testWith(
  modelNeeds,
  "tree.vox has the 428,739 voxels of its two models, one of them shown twice",
  async () => {
    const model = parseVox(await Deno.readFile(TREE_VOX), DEFAULT_IMPORT_LIMITS);
    assertEquals(model.models.map(({ voxels, instances }) => [voxels, instances]), [[376_133, 2], [
      52_606,
      1,
    ]]);
    assertEquals(model.version, "200");
    assertEquals(model.pointsIn, 2 * 376_133 + 52_606);
    assertEquals(model.points.count, model.pointsIn);
    assertEquals(model.palette.map(({ index }) => index), [80, 150, 156, 158]);
  },
);

for (const [name, path] of [["tree", TREE_VOX], ["extended", EXTENDED_VOX]] as const) {
  testWith(
    modelNeeds,
    `the scene of ${name}.vox puts each voxel where three's scene graph puts it`,
    async () => {
      const bytes = await Deno.readFile(path);
      const { points } = parseVox(bytes, DEFAULT_IMPORT_LIMITS);
      turnUp(points);
      const { chunks } = threeVox(withoutScene(bytes));
      const shown = name === "tree" ? [0, 0, 1] : [0, 1, 2, 3, 4, 5];
      const nodes = threeVox(withoutVoxels(bytes)).scene.children;
      assertEquals(nodes.length, shown.length);
      let at = 0;
      let wrong = 0;
      nodes.forEach((node, i) => {
        node.updateMatrix();
        const m = node.matrix.elements.map(Math.round); // Quarter turns through quaternions are not exact.
        const { size, data, palette } = chunks[shown[i]!]!;
        for (let v = 0; v < data.length; v += 4, at++) {
          // The voxel's centre as three builds its mesh around the middle of the model, then the node's matrix.
          const x = data[v]! + 0.5 - size.x / 2;
          const y = data[v + 2]! + 0.5 - size.z / 2;
          const z = -(data[v + 1]! + 0.5) + size.y / 2;
          for (let axis = 0; axis < 3; axis++) {
            const centre = m[axis]! * x + m[axis + 4]! * y + m[axis + 8]! * z + m[axis + 12]!;
            if (points.positions[at * 3 + axis]! + 0.5 !== centre) wrong++;
          }
          if (points.colors[at] !== palette[data[v + 3]!]) wrong++;
        }
      });
      assertEquals(at, points.count);
      assertEquals(wrong, 0);
    },
  );
}

testWith(modelNeeds, "a file without a palette has the default one, as three knows it", () => {
  const voxels = Array.from({ length: 255 }, (_, i) => [i % 16, i >> 4, 0, i + 1] as const);
  const bytes = voxFile(150, model([16, 16, 1], voxels));
  const three = threeVox(bytes);
  const { points } = parseVox(bytes, DEFAULT_IMPORT_LIMITS);
  assertEquals([...points.colors], three.chunks[0]!.palette.slice(1, 256));
});

testWith(
  modelNeeds,
  "palette entry i is the colour of index i + 1, and alpha 0 does not unmake a voxel",
  () => {
    const bytes = voxFile(
      150,
      model([2, 1, 1], [[0, 0, 0, 1], [1, 0, 0, 2]]),
      palette([0x80030201, 0x00060504]),
    );
    assertEquals([...parseVox(bytes, DEFAULT_IMPORT_LIMITS).points.colors], [0x80030201, 0xff060504]);
  },
);

testWith(modelNeeds, "material bytes are 0 diffuse, 1 metal, 2 glass, 3 emit", () => {
  const types = ["_diffuse", "_metal", "_glass", "_emit", "_blend", "_media", "_unheard_of"];
  const voxels = types.map((_, i) => [i, 0, 0, i + 1] as const);
  const bytes = voxFile(200, model([8, 1, 1], voxels), ...types.map((type, i) => material(i + 1, type)));
  assertEquals([...parseVox(bytes, DEFAULT_IMPORT_LIMITS).points.materials!], [0, 1, 2, 3, 2, 2, 0]);
});

testWith(modelNeeds, "the older MATT chunk gives materials as well", () => {
  const matt = chunk("MATT", join(int32(7, 3), int32(0, 0)));
  const bytes = voxFile(150, model([1, 1, 1], [[0, 0, 0, 7]]), matt);
  assertEquals([...parseVox(bytes, DEFAULT_IMPORT_LIMITS).points.materials!], [3]);
});

testWith(modelNeeds, "materials are left out when every shown voxel is diffuse", () => {
  const bytes = voxFile(150, model([1, 1, 1], [[0, 0, 0, 1]]), material(9, "_metal"));
  assertEquals(parseVox(bytes, DEFAULT_IMPORT_LIMITS).points.materials, undefined);
});

testWith(modelNeeds, "voxels outside their model and with index 0 are dropped and counted", () => {
  const voxels = [[0, 0, 0, 1], [2, 0, 0, 1], [0, 1, 0, 1], [0, 0, 0, 0]] as const;
  const parsed = parseVox(voxFile(150, model([2, 1, 1], voxels)), DEFAULT_IMPORT_LIMITS);
  assertEquals(parsed.points.count, 1);
  assertEquals(parsed.pointsIn, 4);
  assertEquals(parsed.dropped, [
    { reason: "voxel with the empty colour index 0", count: 1 },
    { reason: "voxel outside its model's size", count: 2 },
  ]);
});

testWith(modelNeeds, "unknown chunks are skipped by their length", () => {
  const bytes = voxFile(
    200,
    chunk("rCAM", text("anything")),
    model([1, 1, 1], [[0, 0, 0, 5]]),
    chunk("NOTE", text("")),
  );
  const parsed = parseVox(bytes, DEFAULT_IMPORT_LIMITS);
  assertEquals(parsed.points.count, 1);
  assertEquals(parsed.attributes.map(({ name, used }) => [name, used]), [
    ["rCAM", false],
    ["SIZE", true],
    ["XYZI", true],
    ["NOTE", false],
  ]);
});
