import { assert, assertEquals, assertRejects } from "@std/assert";
import { inflateSync } from "node:zlib";
import { BuildAbortedError, type Builder, type BuildJob } from "../../src/build/builder.ts";
import { decodeFrame, encodeFrame, encodePayload } from "../../src/protocol/mod.ts";
import { decodeLevel, emptyTree, type Samples, treeProblem } from "../../src/tree/mod.ts";
import { oracleTree } from "./esvo_oracle.ts";
import { cutIntoRegions, treeModelVoxels } from "./model_regions.ts";
import { paint, permute, toList, toSamples } from "./samples.ts";
import { testWith } from "../support/needs.ts";
import { modelNeeds } from "../support/real_models.ts";

/** Registers what every backend must do, under the backend's name. */
export function builderSuite(backend: string, create: () => Builder): void {
  function test(name: string, body: (builder: Builder) => Promise<void>): void {
    testWith(modelNeeds, `Builder ${backend}: ${name}`, async () => {
      await using builder = create();
      await body(builder);
    });
  }

  test("it has a name and room for at least one job", (builder) => {
    assert(builder.name.length > 0);
    assert(Number.isInteger(builder.slots) && builder.slots >= 1);
    return Promise.resolve();
  });

  test("a region becomes the tree of its voxels, byte for byte as the oracle's", async (builder) => {
    for (const depth of [3, 4, 5, 6, 8]) {
      const samples = paint([5, 3, 100, 99, 511, 3, 0]);
      const expected = oracleTree(samples, depth);
      const { tree, buildMs } = await builder.build(job(samples, depth));
      assertEquals(tree, expected);
      assert(buildMs >= 0 && Number.isFinite(buildMs));
    }
  });

  test("an empty region becomes an empty tree with empty payloads", async (builder) => {
    const { tree, payloads } = await builder.build(job(paint([]), 6, [0, 3]));
    assertEquals(tree, emptyTree("esvo", 6));
    assertEquals([...payloads], [[0, new Uint8Array(0)], [3, new Uint8Array(0)]]);
  });

  test("neither order nor repeats change a byte of tree or payload", async (builder) => {
    const list = toList(paint(Array.from({ length: 3000 }, (_, i) => (i * 7919) % 262144)));
    const once = await builder.build(job(toSamples(list), 6, [0, 1, 2]));
    const again = await builder.build(job(toSamples(permute([...list, ...list], 5)), 6, [0, 1, 2]));
    assertEquals(again.tree, once.tree);
    assertEquals(again.payloads, once.payloads);
  });

  test("payloads come for exactly the levels of detail asked for, and say what the tree says", async (builder) => {
    const samples = paint([1, 2, 3, 70, 500, 511]);
    const { tree, payloads } = await builder.build(job(samples, 4, [4, 0, 2]));
    assertEquals([...payloads.keys()], [4, 0, 2]);
    for (const [lod, payload] of payloads) {
      // Compressors differ in their bytes; what they hold may not.
      const raw = encodePayload(tree, lod, 1, unused);
      const head = 4 + 4 * (tree.depth - lod + 1);
      assertEquals(payload.subarray(0, head), raw.subarray(0, head));
      assertEquals(new Uint8Array(inflateSync(payload.subarray(head))), raw.subarray(head));
      const header = { kind: "esvo", lod, level: 4, morton: 9, version: 1, codec: 2 } as const;
      const frame = decodeFrame(encodeFrame(header, payload), (bytes) => new Uint8Array(inflateSync(bytes)));
      assertEquals(
        { keys: frame.keys, colors: frame.colors, materials: frame.materials },
        copyOf(decodeLevel(tree, lod)),
      );
    }
    assertEquals((await builder.build(job(paint([1]), 4))).payloads.size, 0);
  });

  test("many jobs at once each get their own answer, real regions among them", async (builder) => {
    const regions = cutIntoRegions(await treeModelVoxels(), 6);
    assert(regions.length > 2 * builder.slots);
    const expected = regions.map((region) => sorted(region));
    const results = await Promise.all(regions.map((region) => builder.build(job(region, 6, [1]))));
    results.forEach(({ tree, payloads }, i) => {
      assertEquals(treeProblem(tree), undefined);
      const decoded = decodeLevel(tree, 0);
      assert(sameValues(decoded.keys, expected[i]!.keys));
      assert(sameValues(decoded.colors, expected[i]!.colors));
      assert(sameValues(decoded.materials, expected[i]!.materials));
      assertEquals([...payloads.keys()], [1]);
    });
  });

  test("a view into a larger buffer is built, and the rest of the buffer stays", async (builder) => {
    const keys = Uint32Array.of(1, 2, 3, 4);
    const colors = new Uint32Array(4).fill(0xff102030);
    const materials = new Uint8Array(8);
    const part = {
      keys: keys.subarray(1, 3),
      colors: colors.subarray(1, 3),
      materials: materials.subarray(4, 6),
    };
    const { tree } = await builder.build(job(part, 3));
    assertEquals([...decodeLevel(tree, 0).keys], [2, 3]);
    assertEquals([...keys], [1, 2, 3, 4]);
    assertEquals(materials.length, 8);
  });

  test("an impossible job is refused with a RangeError, and the jobs beside it are built", async (builder) => {
    const bad: readonly BuildJob[] = [
      job(paint([512]), 3),
      job(paint([1]), 9),
      job({ ...paint([1, 2]), materials: new Uint8Array(1) }, 3),
      job(paint([1]), 3, [4]),
      { ...job(paint([1]), 3), kind: "esvt" },
    ];
    const good = builder.build(job(paint([1]), 3));
    for (const one of bad) await assertRejects(() => builder.build(one), RangeError);
    assertEquals((await good).tree.counts[3], 1);
    assertEquals((await builder.build(job(paint([1, 2]), 3))).tree.counts[3], 2);
  });

  test("samples that were handed over before are refused without harm", async (builder) => {
    const samples = paint([1, 2]);
    structuredClone(samples, { transfer: [samples.keys.buffer as ArrayBuffer] });
    await assertRejects(() => builder.build(job(samples, 3)), Error);
    assertEquals((await builder.build(job(paint([1, 2]), 3))).tree.counts[3], 2);
  });

  test("disposing rejects what has not finished and what comes after, and may be done twice", async (builder) => {
    const pending = Array.from({ length: 3 * builder.slots }, () => builder.build(job(paint([1, 2, 3]), 8)));
    const outcomes = Promise.allSettled(pending);
    await builder[Symbol.asyncDispose]();
    for (const outcome of await outcomes) {
      assert(outcome.status === "rejected");
      assert(outcome.reason instanceof BuildAbortedError);
      assertEquals(outcome.reason.reason, "disposed");
    }
    const error = await assertRejects(() => builder.build(job(paint([1]), 3)), BuildAbortedError);
    assertEquals(error.reason, "disposed");
    await builder[Symbol.asyncDispose]();
  });
}

export function job(samples: Samples, depth: number, encodeLods: readonly number[] = []): BuildJob {
  return { kind: "esvo", depth, samples, encodeLods };
}

function unused(): Uint8Array {
  throw new Error("Codec 1 deflates nothing");
}

function copyOf({ keys, colors, materials }: Samples): Samples {
  return { keys: keys.slice(), colors: colors.slice(), materials: materials.slice() };
}

function sorted(samples: Samples): Samples {
  return toSamples(toList(samples).sort(([a], [b]) => a - b));
}

function sameValues(a: Uint8Array | Uint32Array, b: Uint8Array | Uint32Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
