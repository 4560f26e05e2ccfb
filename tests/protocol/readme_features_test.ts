import { assert, assertEquals } from "@std/assert";
import { decodeFrame, FEATURES, heldFrame, MAGICS, readRegion } from "../../src/protocol/mod.ts";
import { formatHash, hashSamples } from "../../src/tree/mod.ts";
import { commandPath, needs, testWith } from "../support/needs.ts";
import { GOLDEN, GOLDEN_CONTINUED, goldenBytes } from "./golden.ts";
import { inflate } from "./zlib.ts";
import readme from "../../src/protocol/README.md" with { type: "text" };
import decoder from "./continued_decoder.py" with { type: "text" };

Deno.test("the README's table of magics is the code's, and how they read on the wire is right", () => {
  const start = readme.indexOf("<!-- magics:");
  const table = readme.slice(start, readme.indexOf("<!-- /magics -->", start));
  const rows = [...table.matchAll(/^\| `0x([0-9a-f]{8})` \| `([0-9a-f ]+)` \(reads ([A-Z]{4})\) \|/gm)];
  assertEquals(rows.map((row) => parseInt(row[1]!, 16)), Object.values(MAGICS));
  for (const [, magic, wire, letters] of rows) {
    const bytes = new Uint8Array(Uint32Array.of(parseInt(magic!, 16)).buffer);
    assertEquals([bytes.toHex(), new TextDecoder().decode(bytes)], [wire!.replaceAll(" ", ""), letters]);
  }
});

Deno.test("the README's table of features is the code's", () => {
  const section = readme.slice(readme.indexOf("## Features"), readme.indexOf("### The course of a resume"));
  const rows = [...section.matchAll(/^\| `([a-z]+)` +\|/gm)].map((row) => row[1]);
  assertEquals(rows, [...FEATURES]);
});

Deno.test("the README's delta is a golden one", () => {
  const hex = [...readme.matchAll(/```hex\n(.*?)```/gs)][1]![1]!;
  const golden = GOLDEN_CONTINUED.find(({ name }) => readme.replaceAll(/\s+/g, " ").includes(`"${name}"`));
  assertEquals(hex.replaceAll(/#.*$/gm, "").replaceAll(/\s/g, ""), golden!.hex);
});

Deno.test("the README's hash of the worked example is the code's", () => {
  const worked = GOLDEN.find(({ name }) => name.includes("worked example"))!;
  const [, lo, hi] = readme.match(/hash to lo\s+`0x([0-9a-f]{8})`,\s+hi\s+`0x([0-9a-f]{8})`/)!;
  assertEquals(hi! + lo!, formatHash(hashSamples(decodeFrame(goldenBytes(worked), inflate))));
});

testWith(
  await needs({ command: "python3" }),
  "a decoder in Python, written from the README alone, reads every golden refinement and delta alike",
  async () => {
    const given = GOLDEN_CONTINUED.map(({ baseHex, hex }) => [baseHex, hex]);
    const child = new Deno.Command(await commandPath("python3"), {
      args: ["-c", decoder],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(JSON.stringify(given)));
    await writer.close();
    const { success, stdout, stderr } = await child.output();
    assert(success, new TextDecoder().decode(stderr));
    const expected = GOLDEN_CONTINUED.map((golden) => {
      const base = heldFrame(decodeFrame(goldenBytes({ hex: golden.baseHex }), inflate));
      const { version, lod, keys, colors, materials } = readRegion(base, goldenBytes(golden), inflate);
      return { version, lod, nodes: [...keys].map((key, i) => [key, colors[i], materials[i]]) };
    });
    assertEquals(JSON.parse(new TextDecoder().decode(stdout)), expected);
  },
);
