import { assert, assertEquals } from "@std/assert";
import { ListNews } from "../../src/http/list_news.ts";
import { seededRandom } from "../../src/observe/mod.ts";
import type { RegionKey } from "../../src/space/mod.ts";
import { type World, Worlds } from "../../src/world/mod.ts";
import { DEFAULT_WORLD_LIMITS, WORLD_DEFAULTS } from "../support/limits.ts";
import { ManualClock } from "../support/manual_clock.ts";

interface Setup {
  readonly clock: ManualClock;
  readonly world: World;
  readonly news: ListNews;
  /** Regions of the world, each with a voxel. */
  readonly keys: readonly RegionKey[];
  /** Functions that listen to the world now. */
  readonly listeners: () => number;
}

function setUp(): Setup {
  const clock = new ManualClock();
  const limits = DEFAULT_WORLD_LIMITS;
  const worlds = new Worlds({ defaults: WORLD_DEFAULTS, limits, clock, random: seededRandom(1) });
  const world = worlds.create("main", { bounds: { min: [0, 0, 0], max: [32, 32, 32] }, level: 2, depth: 3 });
  for (let x = 0; x < 4; x++) paint(world, x);
  let listeners = 0;
  const onChange = world.onChange.bind(world);
  world.onChange = (listener) => {
    listeners++;
    const end = onChange(listener);
    return () => {
      listeners--;
      end();
    };
  };
  const news = new ListNews({ worlds, clock });
  return { clock, world, news, keys: [...world.regions.keys()], listeners: () => listeners };
}

/** Changes the voxel of a region, in the row along x. */
function paint(world: World, region: number, color = 1): void {
  const cells = { positions: Uint32Array.of(8 * region, 0, 0), colors: Uint32Array.of(0xff000000 + color) };
  world.apply({ kind: "patch", cells });
}

Deno.test("defect: 750 who wait for lists cost an edit nothing, and their looks a fifth of a core", async () => {
  const { clock, world, news, keys, listeners } = setUp();
  let looks = 0;
  const look = () => {
    looks++;
    clock.block(1);
    return { keys };
  };
  const { signal } = new AbortController();
  const waiting = Array.from({ length: 750 }, () => news.wait({ world, waitMs: 60_000, signal, look }));
  assertEquals(listeners(), 1);
  const askAgain = async (one: typeof waiting[number]): Promise<void> => {
    for (let list = await one.next({ keys }); list !== undefined;) list = await one.next(list);
  };
  const all = waiting.map(askAgain);
  for (let i = 0; clock.monotonic() < 5000; i++) {
    paint(world, i % 4, i);
    await clock.advanceAsync(5);
  }
  assert(looks <= 1050 && looks >= 750, `${looks} looks of a millisecond in 5 s`);
  for (const one of waiting) one.end();
  await Promise.all(all);
  for (const one of waiting) one[Symbol.dispose]();
  assertEquals([listeners(), clock.pending], [0, 0]);
});

Deno.test("who sees nothing of what has changed does not look, and who was not asking is told when he asks", async () => {
  const { clock, world, news, keys } = setUp();
  let looks = 0;
  const seen = { keys: keys.slice(0, 1) };
  const look = () => {
    looks++;
    return seen;
  };
  const { signal } = new AbortController();
  using waited = news.wait({ world, waitMs: 60_000, signal, look });
  const first = waited.next(seen);
  for (let i = 1; i < 4; i++) {
    paint(world, i, 2);
    await clock.advanceAsync(100);
  }
  assertEquals(looks, 0);
  paint(world, 0, 2);
  await clock.advanceAsync(100);
  assertEquals([await first, looks], [seen, 1]);
  paint(world, 0, 3);
  await clock.advanceAsync(100);
  assertEquals(looks, 1);
  assertEquals([await waited.next(seen), looks], [seen, 2]);
});

Deno.test("who looks in vain is told why, and others go on", async () => {
  const { clock, world, news, keys } = setUp();
  const { signal } = new AbortController();
  const look = (): { keys: readonly RegionKey[] } => {
    throw new Error("cannot be listed");
  };
  using broken = news.wait({ world, waitMs: 1000, signal, look });
  using whole = news.wait({ world, waitMs: 1000, signal, look: () => ({ keys }) });
  const answers = Promise.allSettled([broken.next({ keys }), whole.next({ keys })]);
  paint(world, 0, 2);
  await clock.advanceAsync(0);
  assertEquals((await answers).map(({ status }) => status), ["rejected", "fulfilled"]);
});
