import {
  type Bounds,
  cellSize,
  type Grid,
  parseRegionKey,
  regionBounds,
  type RegionKey,
  regionMorton,
} from "../../space/mod.ts";
import { ServerError } from "../server_client.ts";
import type { RegionClient } from "./region_client.ts";
import { Samples } from "./samples.ts";
import type { WorkloadContext } from "./workload.ts";

/** A change of a region that not all who see it have been sent yet. */
interface Update {
  readonly morton: number;
  readonly version: number;
  readonly box: Bounds;
  readonly sentMs: number;
  readonly waiting: Set<RegionClient>;
}

/** Regions that are changed in turn. */
const MAX_REGIONS = 512;
/** Time between two requests with edits. */
const BATCH_MS = 50;
/** Requests on their way at a time. */
const MAX_PARALLEL = 4;
/** A frame that has not come by then is missing. */
const UPDATE_TIMEOUT_MS = 10_000;
const SOURCE = "voxcast-load";

/**
 * Changes regions over REST, one small entity in each, and measures how long it takes until every client that sees one has a
 * frame of that version or a newer one. A client whose camera turns away is waited for no longer. In the end the
 * entities are removed: the world is as it was.
 */
export class EditSource {
  /** From before an edit was sent to the frame of each client, and of the last client. */
  readonly perClient = new Samples();
  readonly perUpdate = new Samples();
  edits = 0;
  /** Frames that did not come in time. */
  missing = 0;
  /** Edits that a busy server put off. */
  refused = 0;
  readonly #context: WorkloadContext;
  readonly #clients: readonly RegionClient[];
  #regions: readonly RegionKey[] = [];
  #next = 0;
  #due = 0;
  #batchMs = -Infinity;
  #isAllowed = true;
  readonly #used = new Set<number>();
  readonly #requests = new Set<Promise<void>>();
  readonly #updates = new Map<number, Update[]>();

  /** @param clients those that are to be sent the changes; may grow */
  constructor(context: WorkloadContext, clients: readonly RegionClient[]) {
    this.#context = context;
    this.#clients = clients;
  }

  /** Chooses the regions to change among those of the world, spread evenly. */
  choose(regions: readonly RegionKey[]): void {
    const count = Math.min(regions.length, MAX_REGIONS);
    this.#regions = Array.from({ length: count }, (_, i) => regions[Math.floor(i * regions.length / count)]!);
  }

  /** Sends the edits that are due, and gives up on frames that are overdue. */
  tick(nowMs: number): void {
    const { edits } = this.#context.given;
    this.#giveUp(nowMs);
    if (edits === 0 || !this.#isAllowed || this.#regions.length === 0) return;
    if (nowMs - this.#batchMs < BATCH_MS) return;
    this.#due = Math.min(edits, this.#due + edits * Math.min(1000, nowMs - this.#batchMs) / 1000);
    this.#batchMs = nowMs;
    const count = Math.min(Math.floor(this.#due), this.#regions.length);
    if (count === 0 || this.#requests.size >= MAX_PARALLEL) return;
    this.#due -= count;
    const request = this.#send(count).finally(() => this.#requests.delete(request));
    this.#requests.add(request);
  }

  /** A client was sent a frame. */
  onFrame(client: RegionClient, morton: number, nowMs: number): void {
    const updates = this.#updates.get(morton);
    if (updates === undefined) return;
    const version = client.book!.entry(morton)!.version;
    for (const update of [...updates]) {
      if (version < update.version || !update.waiting.delete(client)) continue;
      this.perClient.add(nowMs - update.sentMs);
      if (update.waiting.size === 0) this.#settle(update, nowMs);
    }
  }

  /** A client's camera has moved: what it does not see any more it need not be sent. */
  onView(client: RegionClient): void {
    for (const updates of [...this.#updates.values()]) {
      for (const update of [...updates]) {
        if (client.sees(update.box) || !update.waiting.delete(client)) continue;
        if (update.waiting.size === 0) this.#forget(update);
      }
    }
  }

  /** Changes for which somebody waits. */
  get pending(): number {
    return this.#updates.size + this.#requests.size;
  }

  /** Ends the edits; those on their way are waited for. */
  async stop(): Promise<void> {
    this.#isAllowed = false;
    await Promise.all(this.#requests);
  }

  /** Takes the entities out of the world. */
  async cleanUp(): Promise<void> {
    const remove = [...this.#used].map(idOf);
    if (remove.length === 0) return;
    await this.#context.server.postToWorld("/entities/bulk", { source: SOURCE, remove });
  }

  async #send(count: number): Promise<void> {
    const { server, grid, clock, problems, tell } = this.#context;
    const put = Array.from({ length: count }, () => {
      const index = this.#next++ % this.#regions.length;
      this.#used.add(index);
      return entityOf(grid, this.#regions[index]!, index, this.#next);
    });
    const sentMs = clock.monotonic();
    try {
      const answer = await server.postToWorld("/entities/bulk", { source: SOURCE, put });
      const { dirty_regions: keys, versions } = answer as { dirty_regions: string[]; versions: number[] };
      this.edits += count;
      keys.forEach((text, i) => this.#await(parseRegionKey(text)!, versions[i]!, sentMs));
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      if (error.code === "NOT_ALLOWED") {
        this.#isAllowed = false;
        tell(`No edits, so update-to-frame is not measured: ${error.message}`);
      } else if (error.retryAfterMs !== undefined) this.refused += count;
      else problems.add("edits", error.message);
    }
  }

  #await(key: RegionKey, version: number, sentMs: number): void {
    const morton = regionMorton(key);
    const box = regionBounds(this.#context.grid, key);
    const waiting = new Set<RegionClient>();
    let lastMs = 0;
    for (const client of this.#clients) {
      if (!client.isStreaming || !client.sees(box)) continue;
      const entry = client.book!.entry(morton);
      // The frame may well be here before the answer to the edit.
      if (entry !== undefined && entry.version >= version) {
        lastMs = Math.max(lastMs, entry.atMs);
        this.perClient.add(Math.max(0, entry.atMs - sentMs));
      } else waiting.add(client);
    }
    const update = { morton, version, box, sentMs, waiting };
    if (waiting.size > 0) this.#updates.getOrInsertComputed(morton, () => []).push(update);
    else if (lastMs > 0) this.perUpdate.add(Math.max(0, lastMs - sentMs));
  }

  #settle(update: Update, nowMs: number): void {
    this.perUpdate.add(nowMs - update.sentMs);
    this.#forget(update);
  }

  #forget(update: Update): void {
    const rest = this.#updates.get(update.morton)!.filter((other) => other !== update);
    if (rest.length === 0) this.#updates.delete(update.morton);
    else this.#updates.set(update.morton, rest);
  }

  #giveUp(nowMs: number): void {
    for (const updates of [...this.#updates.values()]) {
      for (const update of updates) {
        if (nowMs - update.sentMs < UPDATE_TIMEOUT_MS) break;
        for (const client of update.waiting) {
          if (!client.isStreaming) continue;
          this.missing++;
          this.#context.problems.add(
            "update to frame",
            `client ${client.index} sees region ${update.morton} and has not been sent version ${update.version} in ${
              UPDATE_TIMEOUT_MS / 1000
            } s`,
          );
        }
        this.#forget(update);
      }
    }
  }
}

function idOf(index: number): string {
  return `voxcast-load-${index}`;
}

/** A small entity in the middle of a region, of another colour each time. */
function entityOf(grid: Grid, key: RegionKey, index: number, change: number): Record<string, unknown> {
  const { min, max } = regionBounds(grid, key);
  const cell = cellSize(grid);
  const color = (Math.imul(change, 0x9e3779b1) >>> 8).toString(16).padStart(6, "0");
  return {
    id: idOf(index),
    type: "load",
    position: min.map((low, axis) => (low + max[axis]!) / 2 + cell / 2),
    size: [cell, cell, cell].map((edge) => edge * 0.9),
    color: `#${color}`,
  };
}
