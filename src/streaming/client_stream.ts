import { type RegionKey, regionKey } from "../space/mod.ts";
import { type FrameHeader, readFrameHeader } from "../protocol/mod.ts";
import type { Connection } from "../session/mod.ts";
import { BacklogWatch } from "./backlog_watch.ts";
import type { BuildNews } from "./build_news.ts";
import { ClientView, type ViewContext, type ViewOptions } from "./client_view.ts";
import type { DropReason } from "./ledger.ts";
import { type BulkSink, type BundlerShared, FrameBundler, type SplitMessage } from "./frame_bundler.ts";
import type { OwedRegions } from "./owed_regions.ts";
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
  /** How long the client is behind, in whatever streams its connection has had. */
  backlog = new BacklogWatch();
  /** LOD finer than which the client was told that it gets nothing for want of memory; 0: not told. */
  toldHeldLod = 0;
  /** Whether the client was told that not all of its view is sent. */
  isToldOfView = false;
  /** Messages in a row that were not taken. */
  failuresInRow = 0;
  /** Whether changed regions can be sent as deltas. */
  readonly takesDeltas: boolean;
  readonly #context: StreamContext;
  readonly #outbox: Connection["outbox"];
  readonly #owed: OwedRegions;
  readonly #pacer: Pacer;
  readonly #intervalMs: number;
  /** Whether it may be pushed something at any time. */
  readonly #isPrompt: boolean;
  /** Whether frames may share a message, or a message be cut in parts. */
  readonly #joins: boolean;
  readonly #bundler: FrameBundler;
  /** Regions whose frames were taken out of the view and have not been handed over, in the order of the frames. */
  readonly #begun: RegionKey[] = [];
  /** How many of its slots are in use: an array that shrinks gives its memory back each time. */
  #begunCount = 0;
  /** Header of a frame that another stream of this connection has begun to send in parts, and this one ends. */
  #taken: FrameHeader | undefined;
  #deficit = 0;
  #pollMs = FIRST_POLL_MS;
  #sentAtMs = -Infinity;
  #pushedAtMs = -Infinity;

  constructor(connection: Connection, world: WorldStream, options: StreamOptions, context: StreamContext) {
    this.connection = connection;
    this.world = world;
    this.view = new ClientView(world, options, context);
    this.#owed = this.view.owed;
    const { features, intervalMs, pacer } = options;
    this.takesDeltas = features.deltas;
    this.#outbox = connection.outbox;
    this.#pacer = pacer;
    this.#intervalMs = intervalMs;
    this.#isPrompt = intervalMs === 0;
    this.#joins = features.bundles || features.parts;
    this.#context = context;
    this.#bundler = new FrameBundler(this, features, context.bundles);
  }

  /** Frames that wait to be sent. */
  get owedCount(): number {
    return this.#owed.count + this.#begunCount;
  }

  /** Whether a frame may be waiting to be sent. */
  get hasWork(): boolean {
    return this.view.isStale || this.#hasOwed;
  }

  /** The client has received so many bytes of bulk messages. */
  acknowledge(receivedBytes: number, nowMs: number): void {
    this.#pacer.acknowledged(receivedBytes, nowMs);
  }

  /** Whether the client has all that was taken out of its view to be sent, as far as can be told. */
  hasArrived(nowMs: number): boolean {
    return this.#begunCount === 0 && this.#outbox.pendingFrames === 0 && this.#pacer.hasArrived(nowMs);
  }

  /**
   * Takes note of builds that have ended; answers whether something is owed because of them. If nothing else is owed and the
   * link is free, what they bring does not stand in line but is sent at once, as far as the client's share goes.
   */
  hear(news: readonly BuildNews[], nowMs: number, maySend: boolean): boolean {
    const owed = this.#owed;
    const isIdle = maySend && this.#isPrompt && owed.count === 0 && this.#begunCount === 0;
    let leftBytes = isIdle ? this.#context.quantumBytes : 0;
    let isOwed = false;
    for (const item of news) {
      if (leftBytes <= 0 || !this.#isFree(nowMs)) {
        leftBytes = 0;
        if (owed.onBuilt(item.key, item.region)) isOwed = true;
        continue;
      }
      const bytes = owed.take(item);
      if (bytes === undefined) continue;
      leftBytes -= bytes.length;
      const isTaken = this.#joins
        ? this.#put(item.key, bytes, nowMs)
        : this.#sendAlone(item.key, bytes, nowMs);
      if (!isTaken) leftBytes = 0;
    }
    if (!isIdle) return isOwed;
    if (this.#begunCount > 0) this.#flush(nowMs);
    return owed.count > 0 || this.#begunCount > 0;
  }

  /**
   * Sends owed frames until the client's share is spent (deficit round robin after Shreedhar and Varghese, "Efficient Fair
   * Queueing using Deficit Round Robin", 1995; a message is not cut at the share's end, what it is over counts against the
   * next), nothing more may be sent now, or nothing is owed.
   */
  step(nowMs: number): StepResult {
    const pauseMs = this.#pushedAtMs + this.#intervalMs - nowMs;
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
      if (this.#owed.isEmpty && !this.#bundler.isSplitting && !this.#flush(nowMs)) return this.#retryMs();
    }
    this.#deficit = 0;
    this.#pushedAtMs = this.#sentAtMs;
    // Until the view is known nobody can say whether something is owed.
    if (!this.view.isStale && this.view.isLined) this.backlog.caughtUp();
    return "done";
  }

  /** Hands a message of the bundler to the connection. */
  sendBulk(message: Uint8Array, frames: number): boolean {
    if (!this.#outbox.sendFrame(message, frames)) return false;
    this.#begunCount -= frames;
    if (this.#begunCount > 0 && frames > 0) this.#begun.copyWithin(0, frames, frames + this.#begunCount);
    this.#context.ledger.deliver(this.world.kind, frames);
    if (frames > 0 && this.#taken !== undefined) {
      const { level, morton, version, lod } = this.#taken;
      this.#taken = undefined;
      this.#owed.noteSent(regionKey(level, morton), { version, lod });
    }
    return true;
  }

  /**
   * Gives up the message that has begun to leave in parts, for the stream that is to {@linkcode follow} on this connection, if
   * it is a whole frame of the same world and kind. Any other is sent to its end at once: nothing may come between its parts,
   * and after the next registration the client would take it for something else.
   */
  handOver(next: WorldStream, nowMs: number): SplitMessage | undefined {
    const split = this.#bundler.takeSplit();
    if (split === undefined) return undefined;
    if (next === this.world && readFrameHeader(split.bytes).flags === 0) {
      // It is all that had been taken out of the view, as nothing else is while a message is split.
      this.#begunCount = 0;
      return split;
    }
    this.#bundler.resume(split);
    while (this.#bundler.isSplitting && this.#advance(nowMs));
    return undefined;
  }

  /**
   * Takes the place of the connection's stream before this one, which is to end next. What a client was told stays told, how
   * long it is behind goes on counting, no view comes sooner after the last, and a message that was begun goes on.
   */
  follow(before: ClientStream, begun: SplitMessage | undefined): void {
    this.backlog = before.backlog;
    this.toldHeldLod = before.toldHeldLod;
    this.isToldOfView = before.isToldOfView;
    this.view.computedAtMs = before.view.computedAtMs;
    this.view.tookMs = before.view.tookMs;
    if (begun === undefined) return;
    const taken = readFrameHeader(begun.bytes);
    this.#taken = taken;
    this.#begun[this.#begunCount++] = regionKey(taken.level, taken.morton);
    this.#bundler.resume(begun);
  }

  /** Ends the stream: what is owed is dropped, and the view's pins are given back. */
  end(reason: DropReason): void {
    this.#context.ledger.drop(reason, this.owedCount);
    this.#begunCount = 0;
    this.#bundler.clear();
    this.view.release();
  }

  get #hasOwed(): boolean {
    return !this.#owed.isEmpty || this.#begunCount > 0;
  }

  /** Whether the next frame may be taken now. */
  #isFree(nowMs: number): boolean {
    // The frame of a message in parts is among those that have begun, so that most clients need not ask their bundler.
    if (this.#begunCount > 0 && this.#bundler.isSplitting) return false;
    return this.#outbox.hasRoomForFrame && this.#pacer.waitMs(nowMs) <= 0;
  }

  /** Milliseconds until the next message may go; 0: now. */
  #waitMs(nowMs: number): number {
    if (this.#outbox.hasRoomForFrame) {
      this.#pollMs = FIRST_POLL_MS;
      return this.#pacer.waitMs(nowMs);
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
    const frame = this.#owed.next();
    return frame === undefined || this.#put(frame.key, frame.bytes, nowMs);
  }

  /** Puts a frame into the bundler; false if a message was not taken. */
  #put(key: RegionKey, bytes: Uint8Array, nowMs: number): boolean {
    const before = this.#bundler.sentBytes;
    this.#begun[this.#begunCount++] = key;
    return this.#account(before, this.#bundler.add(bytes, this.#pacer.maxMessageBytes), nowMs);
  }

  /** Sends a frame of a client that takes each as a message of its own; false if it was not taken. */
  #sendAlone(key: RegionKey, bytes: Uint8Array, nowMs: number): boolean {
    const { ledger, bundles: { metrics } } = this.#context;
    if (this.#outbox.sendFrame(bytes, 1)) {
      ledger.deliver(this.world.kind, 1);
      metrics.flushedFrame("single", bytes);
      this.#pacer.sent(bytes.length, nowMs);
      this.failuresInRow = 0;
      return true;
    }
    this.failuresInRow++;
    metrics.failed();
    ledger.drop("send-failed");
    this.#owed.resend([key]);
    return false;
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
      this.#pacer.sent(bytes, nowMs);
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
    this.#taken = undefined;
    this.#context.ledger.drop("send-failed", lost.length);
    this.#bundler.clear();
    this.#owed.resend(lost);
  }
}
