/**
 * Builds the regions of a real surface of 2 million voxels through the CPU pool: two Workers against one, for both kinds,
 * trees alone and with the payload that a client gets. Copying the samples, which a build takes away, is outside the
 * measured time. The machine needs a core for each Worker; this thread sends and receives meanwhile.
 */
import { createCpuBuilder } from "../src/build/cpu/cpu_builder.ts";
import { silentLogger, systemClock } from "../src/observe/mod.ts";
import { type Samples, TREE_KINDS, type TreeKind } from "../src/tree/mod.ts";
import { needs } from "../tests/support/needs.ts";
import { dragonSurface } from "./build_surface.ts";
import { benchWith } from "./support/need.ts";
import { compareRatio } from "./support/ratio.ts";

const DEPTH = 6;
/** Two Workers are promised to be this many times as fast as one. */
const SPEED_UP = 1.7;

const need = await needs({ read: "." });
const cases = TREE_KINDS.flatMap((kind) => [[], [0]].map((lods) => ({ kind, lods })));

for (const { kind, lods } of cases) {
  const name = `Two Workers against one, ${kind}, ${lods.length === 0 ? "trees alone" : "with payloads"}`;
  let isMeasured = false;
  benchWith(need, { name, n: 1, warmup: 0 }, async () => {
    if (isMeasured) return;
    isMeasured = true;
    const { regions, count } = await dragonSurface();
    await using one = createCpuBuilder(options(1));
    await using two = createCpuBuilder(options(2));
    let copies: Samples[] = [];
    const build = (builder: typeof one) => () => buildAll(builder, copies, kind, lods);
    const { baseMs, productMs, rounds } = await compareRatio({
      name,
      prepare: () => copies = regions.map((samples) => structuredClone(samples)),
      base: build(one),
      product: build(two),
    });
    const speedUp = baseMs / productMs;
    // deno-lint-ignore no-console
    console.log(
      `${name}: ${speedUp.toFixed(2)} times as fast (at least ${SPEED_UP}: ` +
        `${speedUp >= SPEED_UP ? "met" : "NOT MET"}), ${baseMs.toFixed(0)} ms and ${
          productMs.toFixed(0)
        } ms for ` +
        `${regions.length} regions, ${count} voxels, medians of ${rounds}`,
    );
  });
}

function options(poolSize: number): Parameters<typeof createCpuBuilder>[0] {
  return { poolSize, buildTimeoutMs: 30_000, clock: systemClock, logger: silentLogger };
}

async function buildAll(
  builder: ReturnType<typeof createCpuBuilder>,
  all: readonly Samples[],
  kind: TreeKind,
  payloadIds: readonly number[],
): Promise<void> {
  await Promise.all(all.map((samples) => builder.build({ kind, depth: DEPTH, samples, payloadIds })));
}
