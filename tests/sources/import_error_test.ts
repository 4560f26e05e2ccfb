import { assert, assertEquals, assertRejects } from "@std/assert";
import { ImportError } from "../../src/sources/import_error.ts";
import type { ImportLimits } from "../../src/sources/import_limits.ts";
import { parseModel } from "../../src/sources/parse_model.ts";
import { modelNeeds, TREE_VOX } from "../support/real_models.ts";
import { gzip, plyFile, points } from "./ply_writer.ts";
import { chunk, int32, join, model, shape, text, transform, voxFile } from "./vox_writer.ts";
import { testWith } from "../support/needs.ts";
import { DEFAULT_IMPORT_LIMITS } from "../support/limits.ts";

async function refusal(
  bytes: Uint8Array<ArrayBuffer>,
  limits: Partial<ImportLimits> = {},
): Promise<ImportError> {
  return await assertRejects(
    () => parseModel(bytes, { limits: { ...DEFAULT_IMPORT_LIMITS, ...limits } }),
    ImportError,
  );
}

function plyText(body: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(body);
}

const XYZ = "property float x\nproperty float y\nproperty float z\n";

testWith(
  modelNeeds,
  "a .vox file that is cut inside its voxels names the byte, what is needed and what is left",
  async () => {
    const whole = voxFile(150, model([4, 4, 4], [[0, 0, 0, 1], [1, 1, 1, 1]]));
    const error = await refusal(whole.slice(0, whole.length - 3));
    assertEquals(error.code, "TRUNCATED");
    assertEquals(
      error.message,
      "Cannot read .vox file at byte 20 (MAIN): expected 48 bytes of chunk MAIN, 45 are left",
    );
  },
);

testWith(modelNeeds, "a count beyond its chunk is refused at the count's own byte", async () => {
  const bytes = voxFile(150, chunk("SIZE", int32(1, 1, 1)), chunk("XYZI", int32(10, 0)));
  const error = await refusal(bytes);
  assertEquals(
    error.message,
    "Cannot read .vox file at byte 56 (XYZI): expected 40 bytes for 10 voxels, 4 are left",
  );
  assertEquals([error.code, error.offset, error.path], ["TRUNCATED", 56, "XYZI"]);
});

testWith(modelNeeds, "a chunk length is unsigned", async () => {
  const bytes = join(text("VOX "), int32(150), text("MAIN"), int32(4_000_000_000, 0));
  assertEquals(
    (await refusal(bytes)).message,
    "Cannot read .vox file at byte 20 (MAIN): expected 4000000000 bytes of chunk MAIN, 0 are left",
  );
});

const HOSTILE_VOX: Readonly<Record<string, readonly [Uint8Array<ArrayBuffer>, string]>> = {
  "only its magic": [text("VOX ").slice(), "TRUNCATED"],
  "an unknown version": [voxFile(99), "UNSUPPORTED_FORMAT"],
  "no models": [voxFile(150), "INVALID"],
  "another first chunk": [join(text("VOX "), int32(150), chunk("PACK", int32(1))), "INVALID"],
  "a negative size": [voxFile(150, chunk("SIZE", int32(-1, 1, 1))), "INVALID"],
  "a giant size": [voxFile(150, chunk("SIZE", int32(1 << 30, 1 << 30, 1 << 30))), "INVALID"],
  "a negative voxel count": [
    voxFile(150, chunk("SIZE", int32(1, 1, 1)), chunk("XYZI", int32(-5))),
    "INVALID",
  ],
  "a giant voxel count": [
    voxFile(150, chunk("SIZE", int32(1, 1, 1)), chunk("XYZI", int32(0x7fffffff))),
    "TRUNCATED",
  ],
  "voxels without a size": [voxFile(150, chunk("XYZI", int32(0))), "INVALID"],
  "a short palette": [voxFile(150, chunk("RGBA", int32(1, 2, 3))), "TRUNCATED"],
  "a giant chunk length": [join(text("VOX "), int32(150), text("MAIN"), int32(0, -1)), "TRUNCATED"],
  "a stub of a chunk at its end": [voxFile(150, model([1, 1, 1], []), text("SIZ")), "TRUNCATED"],
  "a count cut in half": [
    voxFile(150, chunk("SIZE", int32(1, 1, 1)), chunk("XYZI", Uint8Array.of(0, 0))),
    "TRUNCATED",
  ],
  "a dictionary of a billion pairs": [voxFile(200, chunk("LAYR", int32(0, 1_000_000_000))), "TRUNCATED"],
  "a string longer than its chunk": [voxFile(200, chunk("LAYR", int32(0, 1, 5000, 0))), "TRUNCATED"],
  "a string of negative length": [voxFile(200, chunk("LAYR", int32(0, 1, -1, 0))), "INVALID"],
  "a group of a billion children": [voxFile(200, chunk("nGRP", int32(0, 0, 1_000_000_000))), "TRUNCATED"],
};

for (const [name, [bytes, code]] of Object.entries(HOSTILE_VOX)) {
  testWith(modelNeeds, `a .vox file with ${name} is refused as ${code}`, async () => {
    const error = await refusal(bytes);
    assertEquals(error.code, code, error.message);
    assert(error.offset !== undefined && error.offset >= 0 && error.offset <= bytes.length);
  });
}

const head = "ply\nformat ascii 1.0\n";
const HOSTILE_PLY: Readonly<Record<string, readonly [string, string, string]>> = {
  "no end of the header": [`${head}element vertex 1\n`, "TRUNCATED", "end_header"],
  "a giant count": [
    `${head}element vertex 900000000000\n${XYZ}end_header\n1 2 3`,
    "TRUNCATED",
    "expected 900000000000 whole rows, found 1",
  ],
  "far too few rows": [
    `${head}element vertex 10\n${XYZ}end_header\n1 2 3\n4 5 6\n7 8 9\n`,
    "TRUNCATED",
    "expected 10 whole rows, found 3",
  ],
  "a negative count": [
    `${head}element vertex -1\n${XYZ}end_header\n`,
    "INVALID",
    'found "element vertex -1"',
  ],
  "a count that is no number": [`${head}element vertex 1e9\n${XYZ}end_header\n`, "INVALID", "whole number"],
  "an unknown type": [`${head}element vertex 1\nproperty quad x\nend_header\n`, "INVALID", "type and name"],
  "a property of nothing": [`${head}property float x\nend_header\n`, "INVALID", "element before"],
  "the same property twice": [
    `${head}element vertex 1\nproperty float x\nproperty float x\nend_header\n`,
    "INVALID",
    "own",
  ],
  "a list length of float": [
    `${head}element a 1\nproperty list float int v\nend_header\n`,
    "INVALID",
    "whole-number type",
  ],
  "no vertex": [
    `${head}element face 0\nproperty list uchar int v\nend_header\n`,
    "INVALID",
    "an element vertex",
  ],
  "no z": [
    `${head}element vertex 1\nproperty float x\nproperty float y\nend_header\n1 2\n`,
    "INVALID",
    "property z",
  ],
  "x as a list": [
    `${head}element vertex 1\nproperty list uchar float x\nproperty float y\nproperty float z\nend_header\n0 1 2\n`,
    "INVALID",
    "property x",
  ],
  "a word for a number": [`${head}element vertex 1\n${XYZ}end_header\n1 two 3\n`, "INVALID", 'found "two"'],
  "a hexadecimal number": [
    `${head}element vertex 1\n${XYZ}end_header\n1 0x10 3\n`,
    "INVALID",
    'found "0x10"',
  ],
  "too few numbers": [
    `${head}element vertex 2\n${XYZ}end_header\n1.25 2.25 3.25 4\n`,
    "TRUNCATED",
    "expected 2 whole rows, found 1",
  ],
  "a negative list length": [
    `${head}element face 1\nproperty list int int v\nelement vertex 0\n${XYZ}end_header\n-3 1\n`,
    "INVALID",
    "list length",
  ],
  "a list longer than the file": [
    `${head}element face 1\nproperty list uint int v\nelement vertex 0\n${XYZ}end_header\n4000000000 1\n`,
    "TRUNCATED",
    "expected 1 whole row, found 0",
  ],
  "a format of its own": ["ply\nformat utf16 1.0\nend_header\n", "UNSUPPORTED_FORMAT", "utf16"],
  "another version": ["ply\nformat ascii 2.0\nend_header\n", "UNSUPPORTED_FORMAT", "2.0"],
};

for (const [name, [body, code, words]] of Object.entries(HOSTILE_PLY)) {
  testWith(modelNeeds, `a PLY file with ${name} is refused as ${code}`, async () => {
    const error = await refusal(plyText(body));
    assertEquals(error.code, code, error.message);
    assert(error.message.includes(words), error.message);
  });
}

testWith(modelNeeds, "an endless header is given up after 64 KiB", async () => {
  const error = await refusal(plyText(head + "comment x\n".repeat(10_000)));
  assertEquals([error.code, error.offset], ["LIMIT", 65_536]);
});

testWith(modelNeeds, "a word in text data is blamed at its own byte", async () => {
  const body = `${head}element vertex 1\n${XYZ}end_header\n1 two 3\n`;
  assertEquals((await refusal(plyText(body))).offset, body.indexOf("two"));
});

testWith(
  modelNeeds,
  "count times stride above the file's size is refused in binary, before anything is made",
  async () => {
    const bytes = plyFile("binary_little_endian", [points([[1, 2, 3], [4, 5, 6]])]);
    const error = await refusal(bytes.slice(0, bytes.length - 1));
    assertEquals(error.code, "TRUNCATED");
    assert(
      error.message.endsWith("expected 24 bytes for 2 rows, 23 are left") ||
        error.message.includes("23 are left"),
    );
  },
);

testWith(modelNeeds, "a file that is cut in its faces is refused although its points are whole", async () => {
  const faces = { name: "face", properties: ["list uchar int v"], rows: [[[0, 1, 2]], [[0, 1, 2]]] };
  for (const encoding of ["ascii", "binary_little_endian"] as const) {
    const bytes = plyFile(encoding, [points([[1, 2, 3]]), faces]);
    assertEquals((await refusal(bytes.slice(0, bytes.length - 4))).code, "TRUNCATED");
  }
});

testWith(modelNeeds, "rows without properties cost nothing, however many are claimed", async () => {
  for (const encoding of ["ascii", "binary_little_endian"]) {
    const body =
      `ply\nformat ${encoding} 1.0\nelement void 999999999999999\nelement vertex 0\n${XYZ}end_header\n`;
    assertEquals((await parseModel(plyText(body), { limits: DEFAULT_IMPORT_LIMITS })).points.count, 0);
  }
});

const OTHER_FILES: Readonly<Record<string, readonly [string, string]>> = {
  "a PNG named .vox": ["\x89PNG\r\n\x1a\n", "found a PNG image"],
  "a ZIP": ["PK\x03\x04", "found a ZIP archive"],
  "a LAS cloud": ["LASF\0\0", "found a LAS or LAZ point cloud"],
  "an empty file": ["", "found an empty file"],
  "text": ["hello", "found unknown content"],
};

for (const [name, [content, words]] of Object.entries(OTHER_FILES)) {
  testWith(modelNeeds, `${name} is refused by its content, and named`, async () => {
    const error = await refusal(text(content).slice());
    assertEquals(
      error.message,
      `Cannot read model file at byte 0: expected a MagicaVoxel (.vox) or PLY (.ply, also gzip) file, ${words}`,
    );
  });
}

testWith(modelNeeds, "gzip that unpacks beyond the limit is stopped at it", async () => {
  const bomb = await gzip(new Uint8Array(5_000_000));
  const error = await refusal(bomb, { maxDecodedBytes: 100_000 });
  assertEquals([error.code, error.format, error.offset], ["LIMIT", "gzip", 100_000]);
});

testWith(modelNeeds, "gzip that is cut, damaged or only a stub is refused", async () => {
  const whole = await gzip(
    plyFile("ascii", [points(Array.from({ length: 5000 }, (_, i) => [i, i * i, 1 / i]))]),
  );
  const damaged = whole.slice();
  damaged.fill(0xff, 2000, 2100);
  for (
    const bytes of [whole.slice(0, whole.length >> 1), whole.slice(0, -1), damaged, join(whole, int32(1))]
  ) {
    const error = await refusal(bytes);
    assertEquals([error.code, error.format], ["INVALID", "gzip"]);
  }
  assertEquals((await refusal(whole.slice(0, 12))).code, "TRUNCATED");
});

testWith(modelNeeds, "files and points beyond the limits are refused with the limit", async () => {
  const bytes = plyFile("ascii", [points([[1, 2, 3], [4, 5, 6]])]);
  const tooLarge = await refusal(bytes, { maxFileBytes: 50 });
  assertEquals(tooLarge.message, `Cannot read model file: expected at most 50 bytes, found ${bytes.length}`);
  assert((await refusal(bytes, { maxPoints: 1 })).message.includes("expected at most 1 points, found 2"));
});

testWith(modelNeeds, "the scene's hostile strings do not reach messages unprintable or endless", async () => {
  const rotation = "\x1b[31m" + "9".repeat(5000);
  const error = await refusal(
    voxFile(200, model([1, 1, 1], [[0, 0, 0, 1]]), transform(0, 1, { _r: rotation }), shape(1, [0])),
  );
  assert(error.message.length < 300 && !error.message.includes("\x1b"), error.message);
});

testWith(modelNeeds, "tree.vox cut anywhere is refused", async () => {
  const bytes = await Deno.readFile(TREE_VOX);
  for (const length of [0, 3, 7, 12, 19, 40, 1000, 1_600_000, bytes.length - 1]) {
    await refusal(bytes.slice(0, length));
  }
});

testWith(modelNeeds, "an error survives the way between threads", () => {
  const problem = {
    code: "INVALID",
    format: ".vox",
    offset: 5,
    path: "p",
    expected: "a",
    found: "b",
  } as const;
  assertEquals(new ImportError(problem).toProblem(), problem);
  assertEquals(
    new ImportError(structuredClone(new ImportError(problem).toProblem())).message,
    "Cannot read .vox file at byte 5 (p): expected a, b",
  );
});
