import { type RegionKey, regionKey } from "../../space/mod.ts";
import { cameraAt } from "./camera_path.ts";
import { EditSource } from "./edit_source.ts";
import { checkAtRest, type FinalCheck } from "./final_check.ts";
import { RegionClient } from "./region_client.ts";
import { listRegions } from "./region_list.ts";
import type { LoadNumbers, Workload, WorkloadContext } from "./workload.ts";

/** What all clients have received so far. */
interface Totals {
  readonly atMs: number;
  readonly frames: number;
  readonly messages: number;
  readonly bytes: number;
}

const LOOK_MS = 20;

/** Clients that look at a world from moving cameras, while regions of it are changed. */
export class RegionWorkload implements Workload {
  readonly #context: WorkloadContext;
  readonly #clients: RegionClient[] = [];
  readonly #edits: EditSource;
  readonly #startMs: number;
  #from: Totals | undefined;
  #to: Totals | undefined;
  #final: FinalCheck = { compared: 0, behind: 0, contents: 0 };

  constructor(context: WorkloadContext) {
    this.#context = context;
    this.#edits = new EditSource(context, this.#clients);
    this.#startMs = context.clock.monotonic();
  }

  async prepare(): Promise<void> {
    const listed = await listRegions(this.#context.server);
    const { level } = this.#context.grid;
    // Of an empty world the region in the middle is changed.
    const middle: RegionKey[] = [regionKey(level, (8 ** level - 1) >>> 1)];
    this.#edits.choose(listed.length > 0 ? listed.map(({ key }) => key) : middle);
  }

  client(index: number): RegionClient {
    const { content, given: { features, path, rate, verify, world }, problems } = this.#context;
    const client = new RegionClient({
      index,
      world,
      features,
      viewIntervalMs: rate === 0 || path === "still" ? Infinity : 1000 / rate,
      cameraAt: (nowMs) => cameraAt(path, index, (nowMs - this.#startMs) / 1000, content),
      isVerifying: this.#clients.length < verify,
      problems,
      onFrame: (from, morton, nowMs) => this.#edits.onFrame(from, morton, nowMs),
      onView: (from) => this.#edits.onView(from),
    });
    this.#clients.push(client);
    return client;
  }

  tick(nowMs: number, isFull: boolean): void {
    if (!isFull) return;
    this.#from ??= this.#totals(nowMs);
    this.#edits.tick(nowMs);
  }

  progress(): string {
    const { frames, bytes } = this.#totals(0);
    return `${frames} frames, ${(bytes / 1e6).toFixed(1)} MB, ${this.#edits.edits} edits`;
  }

  async finish(): Promise<void> {
    const { clock, restTimeoutMs } = this.#context;
    this.#to = this.#totals(clock.monotonic());
    try {
      await this.#edits.stop();
      for (const client of this.#clients) client.freeze();
      for (let waitedMs = 0; this.#edits.pending > 0 && waitedMs <= restTimeoutMs; waitedMs += LOOK_MS) {
        await new Promise<void>((resolve) => clock.setTimeout(resolve, LOOK_MS));
        this.#edits.tick(clock.monotonic());
      }
      const streaming = this.#clients.filter(({ isStreaming }) => isStreaming);
      this.#final = await checkAtRest(this.#context, streaming);
    } finally {
      await this.#edits.cleanUp();
    }
  }

  numbers(): LoadNumbers {
    const from = this.#from ?? { atMs: 0, frames: 0, messages: 0, bytes: 0 };
    const to = this.#to ?? from;
    const seconds = Math.max(0.001, (to.atMs - from.atMs) / 1000);
    const all = this.#totals(0);
    const sum = (of: (client: RegionClient) => number) =>
      this.#clients.reduce((total, client) => total + of(client), 0);
    const { edits, missing, refused, perClient, perUpdate } = this.#edits;
    return {
      frames: {
        total: all.frames,
        perSecond: (to.frames - from.frames) / seconds,
        megabytesPerSecond: (to.bytes - from.bytes) / seconds / 1e6,
        megabytes: all.bytes / 1e6,
        perMessage: all.messages === 0 ? 0 : all.frames / all.messages,
        full: sum(({ book }) => book?.counts.full ?? 0),
        refinements: sum(({ book }) => book?.counts.refinement ?? 0),
        deltas: sum(({ book }) => book?.counts.delta ?? 0),
      },
      edits: {
        sent: edits,
        putOff: refused,
        missingFrames: missing,
        heldBack: sum(({ heldBack }) => heldBack),
      },
      updateToFrame: perClient.summary(),
      updateToAll: perUpdate.summary(),
      atRest: { ...this.#final },
    };
  }

  #totals(atMs: number): Totals {
    let [frames, messages, bytes] = [0, 0, 0];
    for (const client of this.#clients) {
      frames += client.frames;
      messages += client.messages;
      bytes += client.receivedBytes;
    }
    return { atMs, frames, messages, bytes };
  }
}
