import type { RegionKey } from "../space/mod.ts";
import type { Connection } from "../session/mod.ts";
import { BacklogWatch } from "./backlog_watch.ts";
import { ClientView, type ViewContext, type ViewOptions } from "./client_view.ts";
import type { DropReason } from "./ledger.ts";
import { type BulkSink, type BundlerShared, FrameBundler } from "./frame_bundler.ts";
import type { Pacer } from "./pacer.ts";
import type { WorldStream } from "./world_stream.ts";

/** What a client's stream shares with the others. */
export interface StreamContext extends ViewContext {
  readonly bundles: BundlerShared;
  /** Bytes that each client may be sent more than it has been before the next one has its turn. */
  readonly quantumBytes: number;
}

/** What a client asked for. */
export interface StreamOptions extends ViewOptions {
  readonly pacer: Pacer;
  /** Least time between two pushes. */
  readonly intervalMs: number;
}

/** How a sending step ended: nothing is owed, its share is spent, or milliseconds until it makes sense to go on. */
export type StepResult = "done" | "more" | number;

/** Deno tells no one when a socket drains, so a full one is looked at again, at first after this long ... */
const FIRST_POLL_MS = 5;
/** ... and at last after this long, so that many stuck clients cost little. */
const LAST_POLL_MS = 80;

/** Sends one client the frames that its view of a world owes it, as fast as its link and its share of the turns allow. */
export class ClientStream implements BulkSink {
  readonly connection: Connection;
  readonly world: WorldStream;
  readonly view: ClientView;
  readonly backlog = new BacklogWatch();
  /** LOD finer than which the client was told that it gets nothing for want of memory; 0: not told. */
  toldHeldLod = 0;
  /** Messages in a row that were not taken. */
  failuresInRow = 0;
  readonly #context: StreamContext;
  readonly #options: StreamOptions;
  readonly #bundler: FrameBundler;
  /** Regions whose frames were taken out of the view and have not been handed over, in the order of the frames. */
  readonly #begun: RegionKey[] = [];
  /** How many of its slots are in use: an array that shrinks gives its memory back each time. */
  #begunCount = 0;
  #deficit = 0;
  #pollMs = FIRST_POLL_MS;
  #sentAtMs = -Infinity;
  #pushedAtMs = -Infinity;

  constructor(connection: Connection, world: WorldStream, options: StreamOptions, context: StreamContext) {
    this.connection = connection;
    this.world = world;
    this.view = new ClientView(world, options, context);
    this.#options = options;
    this.#context = context;
    this.#bundler = new FrameBundler(this, options.features, context.bundles);
  }

  /** Frames that wait to be sent. */
  get owedCount(): number {
    return this.view.owed.count + this.#begunCount;
  }

  /** Whether a frame may be waiting to be sent. */
  get hasWork(): boolean {
    return this.view.isStale || this.#hasOwed;
  }

  /** Whether changed regions can be sent as deltas. */
  get takesDeltas(): boolean {
    return this.#options.features.deltas;
  }

  /** The client has received so many bytes of bulk messages. */
  acknowledge(receivedBytes: number, nowMs: number): void {
    this.#options.pacer.acknowledged(receivedBytes, nowMs);
  }

  /**
   * Sends owed frames until the client's share is spent (deficit round robin after Shreedhar and Varghese, "Efficient Fair
   * Queueing using Deficit Round Robin", 1995; a message is not cut at the share's end, what it is over counts against the
   * next), nothing more may be sent now, or nothing is owed.
   */
  step(nowMs: number): StepResult {
    const pauseMs = this.#pushedAtMs + this.#options.intervalMs - nowMs;
    if (pauseMs > 0 && this.#hasOwed && !this.#bundler.isSplitting) return pauseMs;
    this.#deficit = Math.min(this.#deficit, 0) + this.#context.quantumBytes;
    while (this.#hasOwed) {
      const isSpent = this.#deficit <= this.#bundler.waitingBytes;
      const waitMs = isSpent ? 0 : this.#waitMs(nowMs);
      if (isSpent || waitMs > 0) {
        if (!this.#flush(nowMs)) return this.#retryMs();
        if (isSpent) return "more";
        this.backlog.behind(nowMs);
        return waitMs;
      }
      if (!this.#advance(nowMs)) return this.#retryMs();
      if (this.view.owed.isEmpty && !this.#bundler.isSplitting && !this.#flush(nowMs)) return this.#retryMs();
    }
    this.#deficit = 0;
    this.#pushedAtMs = this.#sentAtMs;
    this.backlog.caughtUp();
    return "done";
  }

  /** Hands a message of the bundler to the connection. */
  sendBulk(message: Uint8Array, frames: number): boolean {
    if (!this.connection.outbox.sendFrame(message, frames)) return false;
    this.#begunCount -= frames;
    if (this.#begunCount > 0 && frames > 0) this.#begun.copyWithin(0, frames, frames + this.#begunCount);
    this.#context.ledger.deliver(this.world.kind, frames);
    return true;
  }

  /** Ends the stream: what is owed is dropped, and the view's pins are given back. */
  end(reason: DropReason): void {
    // Another stream may follow on this connection, and nothing may come between the parts of a message.
    while (reason === "moved" && this.#bundler.isSplitting && this.#bundler.sendPart());
    this.#context.ledger.drop(reason, this.owedCount);
    this.#begunCount = 0;
    this.#bundler.clear();
    this.view.release();
  }

  get #hasOwed(): boolean {
    return !this.view.owed.isEmpty || this.#begunCount > 0;
  }

  /** Milliseconds until the next message may go; 0: now. */
  #waitMs(nowMs: number): number {
    if (this.connection.outbox.hasRoomForFrame) {
      this.#pollMs = FIRST_POLL_MS;
      return this.#options.pacer.waitMs(nowMs);
    }
    return this.#retryMs();
  }

  #retryMs(): number {
    const pollMs = this.#pollMs;
    this.#pollMs = Math.min(pollMs * 2, LAST_POLL_MS);
    return pollMs;
  }

  /** Sends the next part, or puts the next frame into the bundler; false if a message was not taken. */
  #advance(nowMs: number): boolean {
    const before = this.#bundler.sentBytes;
    if (this.#bundler.isSplitting) return this.#account(before, this.#bundler.sendPart(), nowMs);
    const frame = this.view.owed.next();
    if (frame === undefined) return true;
    this.#begun[this.#begunCount++] = frame.key;
    return this.#account(before, this.#bundler.add(frame.bytes, this.#options.pacer.maxMessageBytes), nowMs);
  }

  #flush(nowMs: number): boolean {
    const before = this.#bundler.sentBytes;
    return this.#account(before, this.#bundler.flush("idle"), nowMs);
  }

  /** Keeps the accounts of what the bundler has sent since it had sent `before` bytes; false if a message was not taken. */
  #account(before: number, isTaken: boolean, nowMs: number): boolean {
    const bytes = this.#bundler.sentBytes - before;
    if (bytes > 0) {
      this.#deficit -= bytes;
      this.#options.pacer.sent(bytes, nowMs);
      this.backlog.progress(nowMs);
      this.#sentAtMs = nowMs;
      this.failuresInRow = 0;
    }
    if (!isTaken) {
      this.failuresInRow++;
      this.#putBack();
    }
    return isTaken;
  }

  /** The frames of the bundler were lost: their regions are owed anew. */
  #putBack(): void {
    const lost = this.#begun.slice(0, this.#begunCount);
    this.#begunCount = 0;
    this.#context.ledger.drop("send-failed", lost.length);
    this.#bundler.clear();
    this.view.owed.resend(lost);
  }
}
