import { assert, assertEquals, assertThrows } from "@std/assert";
import { seededRandom } from "../../src/observe/mod.ts";
import { Flock, FLOCK_SOURCE, type FlockOptions } from "../../src/sources/mod.ts";
import { createGrid } from "../../src/space/mod.ts";
import { World, type WorldLimits } from "../../src/world/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { DEFAULT_WORLD_LIMITS } from "../support/limits.ts";

const GRID = createGrid({ min: [0, 0, 0], max: [1024, 1024, 1024] }, 4, 6);

interface Scene {
  readonly world: World;
  readonly clock: ManualClock;
  readonly flock: Flock;
}

function scene(options: Partial<FlockOptions> = {}, limits: Partial<WorldLimits> = {}): Scene {
  const world = new World({
    id: "main",
    grid: GRID,
    epoch: 1,
    limits: { ...DEFAULT_WORLD_LIMITS, ...limits },
  });
  const clock = new ManualClock();
  const flock = new Flock({
    world,
    clock,
    random: seededRandom(5),
    center: [512, 200, 512],
    radius: 150,
    ...options,
  });
  return { world, clock, flock };
}

Deno.test("48 birds are in the world as one bulk op a step, ten steps a second", () => {
  const { world, clock, flock } = scene();
  const ops: string[] = [];
  world.onChange(({ op }) => ops.push(op.kind === "entities" ? `${op.source} ${op.put?.length}` : op.kind));
  flock.start();
  assertEquals(world.entityCount, 48);
  assert([...world.entities()].every(({ source, type }) => source === FLOCK_SOURCE && type === "bird"));
  clock.advance(1000);
  assertEquals(ops, Array(11).fill("flock 48"));
  flock.stop();
});

Deno.test("a step moves the birds", () => {
  const { world, flock } = scene();
  flock.start();
  const before = [...world.entities()].map(({ position }) => position);
  assert(flock.step());
  const moved = [...world.entities()].filter(({ position }, i) =>
    position.some((p, axis) => p !== before[i]![axis])
  );
  assertEquals(moved.length, 48);
  flock.stop();
});

Deno.test("the same random numbers give the same flight, others another", () => {
  const fly = (seed: number): unknown => {
    const { flock } = scene({ random: seededRandom(seed) });
    for (let i = 0; i < 50; i++) flock.step();
    return flock.birds();
  };
  assertEquals(fly(1), fly(1));
  assert(JSON.stringify(fly(1)) !== JSON.stringify(fly(2)));
});

Deno.test("birds circle the centre near its height, spread out, for a hundred seconds", () => {
  const { flock } = scene();
  let turned = 0;
  let last: number | undefined;
  for (let step = 0; step < 1000; step++) {
    flock.step();
    const [x, , z] = flock.birds()[0]!.position;
    const angle = Math.atan2(z - 512, x - 512);
    if (last !== undefined) turned += Math.atan2(Math.sin(angle - last), Math.cos(angle - last));
    last = angle;
  }
  assert(Math.abs(turned) > 10 * Math.PI, `turned ${turned} rad`);
  const birds = flock.birds();
  for (const { position: [x, y, z] } of birds) {
    const distance = Math.hypot(x - 512, z - 512);
    assert(distance > 60 && distance < 260, `distance ${distance}`);
    assert(Math.abs(y - 200) < 90, `height ${y}`);
  }
  const near = birds.filter(({ position }, i) =>
    birds.some((other, j) =>
      i !== j && Math.hypot(...position.map((p, axis) => p - other.position[axis]!)) < 3
    )
  );
  assert(near.length < 12, `${near.length} birds fly through others`);
});

Deno.test("birds stay within the bounds, wherever the centre is and however wide the circle", () => {
  for (
    const [center, radius] of [[[0, 0, 0], 400], [[1024, 1024, 1024], 900], [[512, 512, 512], 5000]] as const
  ) {
    const { world, flock } = scene({ center, radius, birdSize: 2 });
    flock.start();
    for (let step = 0; step < 100; step++) assert(flock.step());
    for (const { position } of flock.birds()) {
      assert(position.every((p) => p >= 0 && p < 1024), `${position}`);
    }
    assertEquals(world.entityCount, 48);
    flock.stop();
  }
});

Deno.test("colours are varied, bright and opaque", () => {
  const colors = scene({ count: 200 }).flock.birds().map(({ color }) => color);
  assert(new Set(colors).size > 190);
  for (const color of colors) {
    const channels = [color & 255, (color >>> 8) & 255, (color >>> 16) & 255];
    assertEquals(color >>> 24, 255);
    assert(
      Math.max(...channels) > 130 && Math.max(...channels) - Math.min(...channels) > 60,
      color.toString(16),
    );
  }
});

Deno.test("a step that meets BUSY is skipped, and the flock flies on", () => {
  const { world, clock, flock } = scene({}, { maxDirtyRegions: 40 });
  flock.start();
  let skipped = 0;
  const apply = world.apply.bind(world);
  world.apply = (op, options) => {
    try {
      return apply(op, options);
    } catch (error) {
      skipped++;
      throw error;
    }
  };
  clock.advance(20_000);
  assert(skipped > 0, "the world never was busy");
  for (const key of [...world.dirty]) world.markBuilt(key, world.region(key)!.version);
  const seq = world.seq;
  clock.advance(100);
  assertEquals(world.seq, seq + 1);
  flock.stop();
});

Deno.test("a beat that comes late is not made up for", () => {
  const { world, clock, flock } = scene();
  flock.start();
  clock.block(5_000);
  const seq = world.seq;
  clock.advance(0);
  clock.advance(0);
  assert(world.seq - seq <= 2, `${world.seq - seq} steps at once`);
  flock.stop();
});

Deno.test("stop leaves no timer and starting twice is one flight", () => {
  const { world, clock, flock } = scene();
  flock.start();
  flock.start();
  assertEquals(clock.pending, 1);
  flock.stop();
  assertEquals(clock.pending, 0);
  const seq = world.seq;
  clock.advance(1000);
  assertEquals(world.seq, seq);
});

Deno.test("an error other than BUSY stops the flock and is told", () => {
  const told: unknown[] = [];
  const { world, clock, flock } = scene({ onError: (error) => told.push(error) });
  flock.start();
  const gone = new Error("gone");
  world.apply = () => {
    throw gone;
  };
  clock.advance(1000);
  assertEquals(told, [gone]);
  assertEquals(clock.pending, 0);
});

Deno.test("a flock out of range is refused", () => {
  for (
    const options of [{ count: 0 }, { count: 1.5 }, { count: 1001 }, { radius: 0 }, { radius: NaN }, {
      intervalMs: 0,
    }]
  ) {
    assertThrows(() => scene(options), RangeError);
  }
});
