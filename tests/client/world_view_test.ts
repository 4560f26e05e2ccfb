import { assertEquals } from "@std/assert";
import type { FromDecoder, RegionKey, Registration, ToDecoder } from "../../src/client/mod.ts";
import { FrameDecoder } from "../../src/client/frame_decoder.ts";
import { type DecoderPort, WorldView } from "../../src/client/world_view.ts";
import { encodeMorton, regionKey } from "../../src/space/mod.ts";
import { waitFor } from "../support/wait_for.ts";
import { viewFrom } from "./fake_server.ts";
import { delta, full, refinement, regionTree } from "./region_frames.ts";

const RED = 0xff0000ff;
const OLD = regionTree([[0, RED, 0], [4095, RED, 0]]);
const NEW = regionTree([[0, RED, 0], [17, RED, 1]]);
const SEEN = encodeMorton(0, 0, 0);
const UNSEEN = encodeMorton(15, 15, 15);
const KEY = regionKey(4, SEEN);

/** A Worker on this thread: what it is given is cloned and transferred as if it were far. */
class NearWorker implements DecoderPort {
  onmessage: DecoderPort["onmessage"] = null;
  onerror: DecoderPort["onerror"] = null;
  readonly told: ToDecoder[] = [];
  readonly #decoder = new FrameDecoder({
    post: (message: FromDecoder) =>
      this.onmessage?.call(this as unknown as Worker, new MessageEvent("message", { data: message })),
  });

  postMessage(message: ToDecoder, options?: Transferable[] | StructuredSerializeOptions): void {
    const far = structuredClone(message, { transfer: options as Transferable[] });
    this.told.push(far);
    this.#decoder.receive(far);
  }
}

function setUp(maxBytes = 1e9) {
  const clock = { nowMs: 0 };
  const worker = new NearWorker();
  const problems: string[] = [];
  const refetched: RegionKey[] = [];
  const view = new WorldView({
    worker,
    maxBytes,
    now: () => clock.nowMs,
    onProblem: (message) => problems.push(message),
  });
  view.attach({ refetch: (keys) => refetched.push(...keys) });
  view.begin(registration(1));
  const settled = () => waitFor(() => view.pending === 0, { what: "the Worker to be done" });
  const shown = () => [...view.scene.meshes].map(([key, { version, lod }]) => [key, version, lod]);
  return { clock, worker, problems, refetched, view, settled, shown };
}

function registration(epoch: number, resumed = false): Registration {
  return {
    world: "main",
    epoch,
    session: "s",
    bounds: { min: [0, 0, 0], max: [1024, 1024, 1024] },
    level: 4,
    depth: 6,
    lodThresholds: [],
    contentBounds: undefined,
    limits: {},
    features: [],
    ackIntervalMs: 50,
    resumed,
  };
}

Deno.test("frames of all sorts become the picture, and what waits is counted to the byte", async () => {
  const { view, settled, shown } = setUp();
  const frames = [full(SEEN, OLD, 1, 2), refinement(SEEN, OLD, 1, 2), delta(SEEN, OLD, NEW, 1, 2)];
  const bytes = frames.reduce((sum, { length }) => sum + length, 0);
  for (const frame of frames) view.receive([frame]);
  assertEquals([view.pending, view.backlogBytes], [3, bytes]);
  await settled();
  assertEquals([view.backlogBytes, view.counts.bytes, view.counts.received], [0, bytes, 3]);
  assertEquals(shown(), [[KEY, 2, 0]]);
});

Deno.test("a resumed registration keeps the picture, one that begins anew drops it", async () => {
  const { view, settled, shown } = setUp();
  view.receive([full(SEEN, OLD, 4)]);
  await settled();
  view.begin(registration(1, true));
  assertEquals(shown(), [[KEY, 4, 0]]);
  view.receive([delta(SEEN, OLD, NEW, 4, 5)]);
  await settled();
  assertEquals(shown(), [[KEY, 5, 0]]);
  view.begin(registration(2));
  assertEquals(shown(), []);
});

Deno.test("a region that comes back coarse stays fine on the screen, and gets coarse if that was meant", async () => {
  const { clock, view, settled, shown } = setUp();
  view.receive([full(SEEN, OLD, 1)]);
  await settled();
  view.receive([full(SEEN, OLD, 1, 2)]);
  await settled();
  view.sweep();
  assertEquals([shown(), view.isSettled], [[[KEY, 1, 0]], false]);
  view.receive([refinement(SEEN, OLD, 1, 2)]);
  await settled();
  assertEquals([shown(), view.isSettled], [[[KEY, 1, 0]], true]);
  view.receive([full(SEEN, OLD, 1, 1)]);
  await settled();
  clock.nowMs += 2000;
  view.sweep();
  assertEquals(shown(), [[KEY, 1, 1]]);
});

Deno.test("a frame that lacks its base asks for the region, whose picture stays meanwhile", async () => {
  const { view, settled, shown, refetched, problems } = setUp();
  view.receive([full(SEEN, OLD, 1, 1)]);
  view.receive([delta(SEEN, OLD, NEW, 1, 2)]);
  await settled();
  assertEquals([refetched, problems.length, view.counts.malformed], [[KEY], 1, 1]);
  assertEquals(shown(), [[KEY, 1, 1]]);
});

Deno.test("what the page drops out of view, emptied regions too, the Worker forgets", async () => {
  const { clock, worker, view, settled, shown } = setUp(0);
  view.told(viewFrom(100));
  view.receive([full(SEEN, OLD, 1)]);
  view.receive([full(UNSEEN, regionTree([]), 2)]);
  await settled();
  clock.nowMs += 3000;
  view.sweep();
  assertEquals(worker.told.at(-1), { type: "forget", keys: [regionKey(4, UNSEEN)] });
  assertEquals(shown(), [[KEY, 1, 0]]);
  assertEquals((await view.known()).map(({ morton }) => morton), [SEEN]);
});
