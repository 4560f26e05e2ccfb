import { type AdapterSummary, GpuError } from "../gpu/mod.ts";
import type { Clock, TimerId } from "../observe/mod.ts";
import type { Tree } from "../tree/mod.ts";
import type { Band } from "./band.ts";
import { HeldRegions, sceneName } from "./held_regions.ts";
import type { PictureView } from "./picture_view.ts";
import { TooLargeError } from "./too_large_error.ts";
import type { TracedWorld } from "./traced_world.ts";
import { DeviceFaultError, WorkerLostError } from "./worker_lost_error.ts";
import type {
  BandReply,
  FailureReason,
  SceneHit,
  SceneRay,
  SceneUse,
  TraceReply,
  TraceRequest,
} from "./worker_messages.ts";

/** What befell the Worker's device, or the Worker. */
export type LinkNews =
  | Extract<TraceReply, { readonly type: "opened" | "refused" | "stray" | "lost" }>
  | { readonly type: "died"; readonly isHung: boolean; readonly message: string };

/** Options of {@linkcode TraceLink}. */
export interface TraceLinkOptions {
  readonly url: URL;
  /** Which adapter the Worker is to open; undefined for a Worker without a device. */
  readonly wish: string | undefined;
  /** Longest silence of a Worker that owes an answer. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly clock: Clock;
  readonly onNews: (news: LinkNews) => void;
}

type Answer = Extract<TraceReply, { readonly type: "band" | "picked" }>;

/** Longest time on the thread in one piece: small regions take theirs by their number, not by their bytes. */
const PIECE_MS = 8;

/**
 * One Worker, the regions that it holds, and what it owes: answers to bands and picks, in order. Each picture and each pick
 * of a world sends only the regions that the Worker lacks.
 */
export class TraceLink {
  readonly #options: TraceLinkOptions;
  readonly #worker: Worker;
  readonly #held: HeldRegions;
  /** What each scene is of, by name and as it was handed in. */
  readonly #scenes = new Map<SceneUse, { readonly world: TracedWorld; readonly name: string }>();
  readonly #owed: PromiseWithResolvers<Answer>[] = [];
  readonly #opened: PromiseWithResolvers<AdapterSummary | undefined> = Promise.withResolvers();
  #isOpen: boolean;
  #turn: Promise<void> = Promise.resolve();
  #toldBytes = 0;
  #death: Error | undefined;
  #timer: TimerId | undefined;

  constructor(options: TraceLinkOptions) {
    this.#options = options;
    this.#held = new HeldRegions(options.maxBytes);
    this.#worker = new Worker(options.url, { type: "module" });
    this.#worker.onmessage = ({ data }: MessageEvent<TraceReply>) => this.#receive(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#die(false, `A trace Worker died: ${event.message}`);
    };
    this.#worker.onmessageerror = () => this.#die(false, "A trace Worker sent a message that cannot be read");
    this.#opened.promise.catch(() => {});
    this.#isOpen = options.wish === undefined;
    if (options.wish === undefined) this.#opened.resolve(undefined);
    else this.#post({ type: "open", wish: options.wish });
    this.#watch();
  }

  /** Answers owed. */
  get load(): number {
    return this.#owed.length;
  }

  /** Bytes of the regions that the Worker holds. */
  get heldBytes(): number {
    return this.#held.bytes;
  }

  /** Memory that the Worker takes, as far as it is known. */
  get memoryBytes(): number {
    return Math.max(this.#toldBytes, this.#held.bytes);
  }

  /** The device's adapter, once it is open. @throws GpuError if it cannot be had, WorkerLostError */
  get opened(): Promise<AdapterSummary | undefined> {
    return this.#opened.promise;
  }

  /**
   * Has a band of a picture made.
   *
   * @throws TraceError `too-large`, TooLargeError if it does not fit the device, DeviceFaultError, WorkerLostError, RangeError
   * if the regions make no scene
   */
  async band(world: TracedWorld, view: PictureView, band: Band): Promise<BandReply> {
    const answer = await this.#ask("picture", world, { type: "band", view, band });
    return (answer as Extract<Answer, { readonly type: "band" }>).reply;
  }

  /** Has a ray followed. Throws as `band` does. */
  async pick(world: TracedWorld, ray: SceneRay): Promise<SceneHit | undefined> {
    const answer = await this.#ask("pick", world, { type: "pick", ray });
    return (answer as Extract<Answer, { readonly type: "picked" }>).hit;
  }

  /** Ends the Worker; what it owes is rejected with `error`. */
  terminate(error: Error): void {
    if (this.#death !== undefined) return;
    this.#death = error;
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer);
    this.#worker.terminate();
    this.#opened.reject(error);
    for (const { reject } of this.#owed.splice(0)) reject(error);
  }

  /** Scenes and what is asked of them must not mix, so one asks after another. */
  async #ask(use: SceneUse, world: TracedWorld, request: TraceRequest): Promise<Answer> {
    const before = this.#turn;
    const turn = Promise.withResolvers<void>();
    this.#turn = turn.promise;
    await before;
    const owed = Promise.withResolvers<Answer>();
    try {
      await this.#opened.promise;
      await this.#show(use, world);
      if (this.#death !== undefined) throw this.#death;
      this.#owed.push(owed);
      this.#post(request);
      if (this.#owed.length === 1) this.#watch();
    } finally {
      turn.resolve();
    }
    return await owed.promise;
  }

  /** Makes a world the scene of a use, unless it is. */
  async #show(use: SceneUse, world: TracedWorld): Promise<void> {
    const shown = this.#scenes.get(use);
    // All bands of a picture come with the same object, and a name takes a while to put together.
    if (shown?.world === world) return;
    const name = sceneName(world);
    if (shown?.name === name) return;
    const { clock } = this.#options;
    const { drop, add, use: regions } = this.#held.order(world);
    this.#post({ type: "regions", drop, add: [] });
    let startMs = clock.monotonic();
    for (const { id, region } of add) {
      const tree = copyOf(region.tree);
      this.#post({ type: "regions", drop: [], add: [{ id, tree }] }, buffersOf(tree));
      if (clock.monotonic() - startMs <= PIECE_MS) continue;
      await new Promise<void>((resolve) => clock.setTimeout(resolve, 0));
      startMs = clock.monotonic();
    }
    this.#post({ type: "scene", use, kind: world.kind, level: world.grid.level, regions });
    this.#scenes.set(use, { world, name });
  }

  #receive(reply: TraceReply): void {
    if (this.#death !== undefined) return;
    switch (reply.type) {
      case "memory":
        this.#toldBytes = reply.bytes;
        return;
      case "opened":
        this.#isOpen = true;
        this.#opened.resolve(reply.adapter);
        this.#options.onNews(reply);
        break;
      case "refused":
        this.terminate(new GpuError(reply.kind, reply.message));
        this.#options.onNews(reply);
        return;
      case "lost":
      case "stray":
        this.#options.onNews(reply);
        break;
      default: {
        const owed = this.#owed.shift();
        if (owed === undefined) {
          this.#die(false, "A trace Worker answered though nothing was asked");
          return;
        }
        if (reply.type === "failed") owed.reject(errorOf(reply.reason, reply.message));
        else owed.resolve(reply);
      }
    }
    this.#watch();
  }

  /** Begins to count the silence anew, if anything is owed. */
  #watch(): void {
    const { clock, timeoutMs } = this.#options;
    if (this.#timer !== undefined) clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#isOpen && this.#owed.length === 0) return;
    this.#timer = clock.setTimeout(() => {
      this.#die(
        true,
        `A trace Worker did not answer for ${timeoutMs} ms (trace.tileTimeoutMs allows it no longer)`,
      );
    }, timeoutMs);
  }

  #die(isHung: boolean, message: string): void {
    if (this.#death !== undefined) return;
    this.terminate(new WorkerLostError(isHung, message));
    this.#options.onNews({ type: "died", isHung, message });
  }

  #post(request: TraceRequest, transfer: Transferable[] = []): void {
    this.#worker.postMessage(request, transfer);
  }
}

function errorOf(reason: FailureReason, message: string): Error {
  if (reason === "too-large") return new TooLargeError(message);
  return reason === "wrong" ? new RangeError(message) : new DeviceFaultError(message);
}

/** The tree stays with its owner; a copy moves. */
function copyOf({ kind, depth, counts, masks, colors, materials }: Tree): Tree {
  return {
    kind,
    depth,
    counts: counts.slice(),
    masks: masks.slice(),
    colors: colors.slice(),
    materials: materials.slice(),
  };
}

function buffersOf({ counts, masks, colors, materials }: Tree): Transferable[] {
  return [counts, masks, colors, materials].map(({ buffer }) => buffer as ArrayBuffer);
}
