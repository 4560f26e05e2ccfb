import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { BuiltRegion } from "../../src/build/mod.ts";
import { buildEsvt } from "../../src/build/cpu/esvt.ts";
import type { RegionKey } from "../../src/space/mod.ts";
import { decodeLevel, hashSamples, sameHash, tetOfKey, type TreeKind } from "../../src/tree/mod.ts";
import { runs } from "../support/runs.ts";
import { key, paint, settle, setUpService } from "./service_fixture.ts";

const BOTH: readonly TreeKind[] = ["esvo", "esvt"];

/** Says which kinds are wanted, less those that are built at the version, as the streamer does. */
class Wants {
  kinds: readonly TreeKind[];
  readonly #have = new Map<string, number>();

  constructor(kinds: readonly TreeKind[]) {
    this.kinds = kinds;
  }

  readonly wantedKinds = (region: RegionKey, version: number): readonly TreeKind[] =>
    this.kinds.filter((kind) => this.#have.get(`${region} ${kind}`) !== version);

  readonly onBuilt = ({ key: region, kind, version }: BuiltRegion): void => {
    this.#have.set(`${region} ${kind}`, version);
  };
}

function names(built: readonly BuiltRegion[]): string[] {
  return built.map(({ kind, version }) => `${kind} ${version}`);
}

Deno.test("every kind that is wanted is built from one version, by one request", async () => {
  const { builder, built, service, world } = setUpService({ slots: 4, ...new Wants(BOTH) });
  paint(world, 3, 7);
  await settle();
  assertEquals(builder.jobs.map(({ job }) => [job.kind, job.samples.keys.length]), [["esvo", 1], [
    "esvt",
    1,
  ]]);
  assertEquals(service.stats().inFlight, 1, "regions, not trees");
  paint(world, 3, 8, 1);
  await builder.finishAtOnce();
  assertEquals(names(built), ["esvo 1", "esvt 1"], "both of the version that the build began with");
  assertEquals(built[0]!.hash, built[1]!.hash);
  assertEquals(service.stats().buildsByKind, { esvo: 1, esvt: 1 });
  service.dispose();
});

Deno.test("ESVO and ESVT of one version hold the same voxels, whatever was edited meanwhile", async () => {
  const edit = fc.record({ morton: fc.nat({ max: 3 }), x: fc.nat({ max: 7 }), color: fc.nat({ max: 9 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(edit, { maxLength: 6 }), { maxLength: 6 }), async (turns) => {
      const { builder, built, clock, service, world } = setUpService({ slots: 3, ...new Wants(BOTH) });
      for (const edits of turns) {
        for (const { morton, x, color } of edits) paint(world, morton, color * 0x1f2f3f, x);
        await settle();
        if (builder.jobs.length > 0) await builder.finish("esvt");
        await clock.advanceAsync(60);
        if (builder.jobs.length > 0) await builder.finish();
      }
      while (world.dirty.size > 0) {
        await builder.finishAll();
        await clock.advanceAsync(100);
      }
      const octrees = built.filter(({ kind }) => kind === "esvo");
      assertEquals(built.length, 2 * octrees.length);
      for (const octree of octrees) {
        const tetree = built.find(({ kind, key: region, version }) =>
          kind === "esvt" && region === octree.key && version === octree.version
        )!;
        const voxels = decodeLevel(octree.tree, 0);
        assert(sameHash(tetree.hash, octree.hash) && sameHash(hashSamples(voxels), octree.hash));
        assertEquals(tetree.tree, buildEsvt(voxels, 3), `version ${octree.version}`);
      }
      service.dispose();
    }),
    { numRuns: runs(50) },
  );
});

Deno.test("a region in two kinds takes two of the builder's slots", async () => {
  const { builder, built, service, world } = setUpService({ slots: 4, ...new Wants(BOTH) });
  for (let morton = 0; morton < 8; morton++) paint(world, morton, 1);
  await settle();
  for (; built.length < 12; await builder.finish()) {
    assert(builder.jobs.length >= 3 && builder.jobs.length <= 5, `${builder.jobs.length} jobs`);
  }
  await builder.finishAll();
  assertEquals([built.length, world.dirty.size], [16, 0]);
  service.dispose();
});

Deno.test("each kind is published when it is done; the region is built once all are", async () => {
  const { builder, built, service, world } = setUpService({ slots: 2, ...new Wants(BOTH) });
  paint(world, 1, 1);
  await settle();
  await builder.finish("esvt");
  assertEquals([names(built), world.dirty.size], [["esvt 1"], 1]);
  await builder.finish("esvo");
  assertEquals([names(built), world.dirty.size], [["esvt 1", "esvo 1"], 0]);
  service.dispose();
});

Deno.test("a region that is built in one kind is built in the other when somebody comes to see it so", async () => {
  const wants = new Wants(["esvo"]);
  const { builder, built, clock, service, world } = setUpService({ slots: 2, ...wants });
  paint(world, 1, 1);
  await settle();
  await builder.finishAll();
  await clock.advanceAsync(1000);
  wants.kinds = BOTH;
  service.request(world, key(1), "esvt");
  await settle();
  assertEquals(builder.jobs.map(({ job }) => job.kind), ["esvt"], "only what is missing");
  await builder.finishAll();
  assertEquals(names(built), ["esvo 1", "esvt 1"]);
  service.dispose();
});

Deno.test("a kind that is asked for while the other is being built follows it", async () => {
  const wants = new Wants(["esvo"]);
  const { builder, built, clock, service, world } = setUpService({ slots: 2, ...wants });
  paint(world, 1, 1);
  await settle();
  wants.kinds = BOTH;
  service.request(world, key(1), "esvo");
  service.request(world, key(1), "esvt");
  await builder.finishAll();
  await clock.advanceAsync(100);
  await builder.finishAll();
  await clock.advanceAsync(1000);
  assertEquals(names(built), ["esvo 1", "esvt 1"], "one build in flight a region, and none twice");
  service.dispose();
});

Deno.test("a kind that fails is tried again alone; the other is shown meanwhile, and nothing is lost", async () => {
  const { builder, built, clock, service, world } = setUpService({
    slots: 2,
    random: () => 1,
    ...new Wants(BOTH),
  });
  paint(world, 1, 1);
  await settle();
  await builder.failKind("esvt");
  await builder.finish("esvo");
  assertEquals([names(built), world.dirty.size], [["esvo 1"], 1]);
  await clock.advanceAsync(499);
  assertEquals(builder.jobs.length, 0);
  await clock.advanceAsync(1);
  assertEquals(builder.jobs.map(({ job }) => job.kind), ["esvt"]);
  await builder.finishAll();
  assertEquals([names(built), world.dirty.size, service.isIdle], [["esvo 1", "esvt 1"], 0, true]);
  assertEquals([service.stats().totalBuilds, service.stats().failedBuilds], [2, 1]);
  service.dispose();
});

Deno.test("a kind that keeps failing is given up when nobody sees it any more", async () => {
  const wants = new Wants(BOTH);
  const { builder, built, clock, service, world } = setUpService({
    slots: 2,
    random: () => 1,
    breakerFailures: 100,
    ...wants,
  });
  paint(world, 1, 1);
  await settle();
  await builder.finish("esvo");
  for (let time = 0; time < 3; time++) {
    await builder.failKind("esvt");
    await clock.advanceAsync(500 * 2 ** time);
  }
  await builder.failKind("esvt");
  wants.kinds = ["esvo"];
  await clock.advanceAsync(60_000);
  assertEquals([names(built), world.dirty.size, service.isIdle], [["esvo 1"], 0, true]);
  assertEquals(builder.started, 5);
  service.dispose();
});

Deno.test("a change during a failed attempt is built, too, in both kinds", async () => {
  const { builder, built, clock, service, world } = setUpService({ slots: 2, ...new Wants(BOTH) });
  paint(world, 1, 1);
  await settle();
  await builder.failKind("esvo");
  paint(world, 1, 2);
  await builder.finishAll();
  await clock.advanceAsync(60_000);
  await builder.finishAll();
  assertEquals(names(built), ["esvt 1", "esvo 2", "esvt 2"]);
  assertEquals(world.dirty.size, 0);
  service.dispose();
});

Deno.test("an emptied region is empty in every kind, without a builder", async () => {
  const { builder, built, clock, service, world } = setUpService({ slots: 2, ...new Wants(BOTH) });
  paint(world, 1, 1);
  await settle();
  await builder.finishAll();
  world.apply({ kind: "clear" });
  await clock.advanceAsync(100);
  assertEquals(builder.started, 2);
  assertEquals(built.map(({ tree }) => [tree.kind, tree.counts[0]]), [
    ["esvo", 1],
    ["esvt", 1],
    ["esvo", 0],
    ["esvt", 0],
  ]);
  service.dispose();
});

Deno.test("a request for what is there by now ends without a build", async () => {
  const { builder, clock, service, world } = setUpService({ slots: 2, ...new Wants(BOTH) });
  paint(world, 1, 1);
  await settle();
  await builder.finishAll();
  await clock.advanceAsync(1000);
  service.request(world, key(1), "esvt");
  await clock.advanceAsync(1000);
  assertEquals([builder.started, service.isIdle], [2, true]);
  service.dispose();
});

Deno.test("the tetrahedra of a voxel are those of the cube of side two around it that it overlaps", async () => {
  const { builder, built, service, world } = setUpService({ ...new Wants(["esvt"]) });
  paint(world, 0, 1, 3);
  await settle();
  await builder.finishAll();
  const tets = [...decodeLevel(built[0]!.tree, 0).keys].map((tet) => tetOfKey(tet, 2));
  assertEquals(tets, [{ type: 0, x: 1, y: 0, z: 0 }, { type: 1, x: 1, y: 0, z: 0 }]);
  service.dispose();
});
