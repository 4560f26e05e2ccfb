import { assert, assertEquals, assertRejects } from "@std/assert";
import { inflateSync } from "node:zlib";
import { BuildAbortedError, type Builder, type BuildJob } from "../../src/build/builder.ts";
import { decodeFrame, encodeFrame, encodePayload } from "../../src/protocol/mod.ts";
import {
  decodeLevel,
  emptyTree,
  type Samples,
  TREE_KINDS,
  type TreeKind,
  treeProblem,
} from "../../src/tree/mod.ts";
import { cutIntoRegions, treeModelVoxels } from "./model_regions.ts";
import { paint, permute, toList, toSamples } from "./samples.ts";
import { oracleLeaves, oracleTree } from "./tree_oracle.ts";
import { testWith } from "../support/needs.ts";
import { modelNeeds } from "../support/real_models.ts";

type TestOf = (name: string, body: (builder: Builder) => Promise<void>) => Promise<unknown>;

/**
 * Registers what every backend must do, under the backend's name. One builder does it all but the last: a device that
 * is opened for each step takes longer than the steps.
 */
export function builderSuite(backend: string, create: () => Builder): void {
  testWith(modelNeeds, `Builder ${backend}: what every backend must do`, async (context) => {
    await using builder = create();
    // The builder's own threads come with the first build and go with the test, which looks for what is left.
    const sanitizers = { sanitizeOps: false, sanitizeResources: false };
    await sharedSuite((name, body) => context.step({ name, fn: () => body(builder), ...sanitizers }));
  });

  testWith(
    modelNeeds,
    `Builder ${backend}: disposing rejects what has not finished and what comes after, and may be done twice`,
    async () => {
      await using builder = create();
      const many = Math.min(3 * builder.slots, 100);
      const pending = Array.from({ length: many }, () => builder.build(job(paint([1, 2, 3]), 8)));
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
    },
  );
}

async function sharedSuite(test: TestOf): Promise<void> {
  await test("it has a name and room for at least one job", (builder) => {
    assert(builder.name.length > 0);
    assert(Number.isInteger(builder.slots) && builder.slots >= 1);
    return Promise.resolve();
  });

  for (const kind of TREE_KINDS) await kindSuite(kind, test);

  await test("a view into a larger buffer is built, and the rest of the buffer stays", async (builder) => {
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

  await test("an impossible job is refused with a RangeError, and the jobs beside it are built", async (builder) => {
    const bad: readonly BuildJob[] = [
      job(paint([512]), 3),
      job(paint([1]), 9),
      job({ ...paint([1, 2]), materials: new Uint8Array(1) }, 3),
      job(paint([1]), 3, [4]),
      job(paint([512, 3]), 3, [], "esvt"),
      job(paint([1]), 0, [], "esvt"),
      job(paint([1]), 3, [0, -1], "esvt"),
    ];
    const builds = bad.flatMap((one) => [builder.build(one), builder.build(job(paint([1, 2]), 3))]);
    const outcomes = await Promise.allSettled(builds);
    outcomes.forEach((outcome, i) => {
      if (i % 2 === 1) assert(outcome.status === "fulfilled" && outcome.value.tree.counts[3] === 2, `${i}`);
      else assert(outcome.status === "rejected" && outcome.reason instanceof RangeError, `${i}`);
    });
  });

  await test("samples that were handed over before are refused without harm", async (builder) => {
    const samples = paint([1, 2]);
    structuredClone(samples, { transfer: [samples.keys.buffer as ArrayBuffer] });
    const refused = assertRejects(() => builder.build(job(samples, 3)), Error);
    assertEquals((await builder.build(job(paint([1, 2]), 3))).tree.counts[3], 2);
    await refused;
  });
}

/** What every backend must do for each kind of tree. */
async function kindSuite(kind: TreeKind, testOf: TestOf): Promise<void> {
  const test: TestOf = (name, body) => testOf(`${kind}: ${name}`, body);

  await test("a region becomes the tree of its voxels, byte for byte as the oracle's", async (builder) => {
    for (const depth of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const samples = paint([5, 3, 100, 99, 511, 3, 0].filter((key) => key < 8 ** depth));
      const expected = oracleTree(samples, depth, kind);
      const { tree, buildMs } = await builder.build(job(samples, depth, [], kind));
      assertEquals(tree, expected);
      assert(buildMs >= 0 && Number.isFinite(buildMs));
    }
  });

  await test("an empty region becomes an empty tree with empty payloads", async (builder) => {
    const { tree, payloads } = await builder.build(job(paint([]), 6, [0, 3], kind));
    assertEquals(tree, emptyTree(kind, 6));
    assertEquals([...payloads], [[0, new Uint8Array(0)], [3, new Uint8Array(0)]]);
  });

  await test("neither order nor repeats change a byte of tree or payload", async (builder) => {
    const list = toList(paint(Array.from({ length: 3000 }, (_, i) => (i * 7919) % 262144)));
    const once = await builder.build(job(toSamples(list), 6, [0, 1, 2], kind));
    const twice = toSamples(permute([...list, ...list], 5));
    const again = await builder.build(job(twice, 6, [0, 1, 2], kind));
    assertEquals(again.tree, once.tree);
    assertEquals(again.payloads, once.payloads);
  });

  await test("payloads come for exactly the levels of detail asked for, and say what the tree says", async (builder) => {
    const samples = paint([1, 2, 3, 70, 500, 511]);
    const { tree, payloads } = await builder.build(job(samples, 4, [4, 0, 2], kind));
    assertEquals([...payloads.keys()], [4, 0, 2]);
    for (const [lod, payload] of payloads) {
      // Compressors differ in their bytes; what they hold may not.
      const raw = encodePayload(tree, lod, 1, unused);
      const head = 4 + 4 * (tree.depth - lod + 1);
      assertEquals(payload.subarray(0, head), raw.subarray(0, head));
      assertEquals(new Uint8Array(inflateSync(payload.subarray(head))), raw.subarray(head));
      const header = { kind, lod, level: 4, morton: 9, version: 1, codec: 2 } as const;
      const frame = decodeFrame(encodeFrame(header, payload), (bytes) => new Uint8Array(inflateSync(bytes)));
      assertEquals(
        { keys: frame.keys, colors: frame.colors, materials: frame.materials },
        copyOf(decodeLevel(tree, lod)),
      );
    }
    assertEquals((await builder.build(job(paint([1]), 4, [], kind))).payloads.size, 0);
  });

  await test("many jobs at once each get their own answer, real regions among them", async (builder) => {
    const regions = cutIntoRegions(await treeModelVoxels(), 5);
    // The oracle is slow, most of all at tetrahedra.
    const every = kind === "esvo" ? 4 : 64;
    const expected = regions.map((region, i) => i % every === 0 ? sortedLeaves(region, 5, kind) : undefined);
    const results = await Promise.all(regions.map((region) => builder.build(job(region, 5, [1], kind))));
    results.forEach(({ tree, payloads }, i) => {
      assertEquals([tree.kind, treeProblem(tree)], [kind, undefined]);
      assertEquals([...payloads.keys()], [1]);
      const leaves = expected[i];
      if (leaves === undefined) return;
      const decoded = decodeLevel(tree, 0);
      assert(sameValues(decoded.keys, leaves.keys));
      assert(sameValues(decoded.colors, leaves.colors));
      assert(sameValues(decoded.materials, leaves.materials));
    });
  });
}

export function job(
  samples: Samples,
  depth: number,
  payloadIds: readonly number[] = [],
  kind: TreeKind = "esvo",
): BuildJob {
  return { kind, depth, samples, payloadIds };
}

function unused(): Uint8Array {
  throw new Error("Codec 1 deflates nothing");
}

function copyOf({ keys, colors, materials }: Samples): Samples {
  return { keys: keys.slice(), colors: colors.slice(), materials: materials.slice() };
}

function sortedLeaves(samples: Samples, depth: number, kind: TreeKind): Samples {
  const leaves = [...oracleLeaves(samples, depth, kind)].sort(([a], [b]) => a - b);
  return toSamples(leaves.map(([key, { color, material }]) => [key, color, material]));
}

function sameValues(a: Uint8Array | Uint32Array, b: Uint8Array | Uint32Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
