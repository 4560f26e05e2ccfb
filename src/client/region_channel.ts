import type { RegionKey } from "../space/mod.ts";
import type { Viewport } from "../viewport/mod.ts";
import { AckSender } from "./ack_sender.ts";
import { BulkInbox } from "./bulk_inbox.ts";
import { type ClientError, localError } from "./client_error.ts";
import { bytesAckMessage } from "./client_message.ts";
import { knownMessages, refetchMessages } from "./region_claim.ts";
import { RegionRepair } from "./region_repair.ts";
import type { RegionStore } from "./region_store.ts";
import type { Registration } from "./server_message.ts";
import { WorldJoin, type WorldJoinDeps } from "./world_join.ts";

/** What a region channel needs, and whom it tells. */
export interface RegionChannelDeps extends Omit<WorldJoinDeps, "claim" | "onProblem"> {
  /** Who holds the regions, if anybody does. */
  readonly store: RegionStore | undefined;
  readonly transmitBinary: (message: Uint8Array<ArrayBuffer>) => void;
  /** Longest message that the server takes. */
  readonly maxMessageBytes: () => number;
  /** Longest message that is joined of parts. */
  readonly maxJoinedBytes: number;
  /** Bytes waiting to be decoded above which nothing is acknowledged. */
  readonly maxBacklogBytes: number;
  /** The connection has lost frames of regions that nobody can name: only a new one can mend that. */
  readonly onProblem: (error: ClientError) => void;
  /** Frames of regions were of no use; they are to be fetched anew over HTTP, if that is where they came from. */
  readonly onRefetch: (keys: readonly RegionKey[]) => void;
}

/** What is held is asked for in the handshake, so the store has no longer than this to say it. */
const KNOWN_TIMEOUT_MS = 2000;

/** Everything about regions on a client's connections: the registration, frames, what is acknowledged, resumed and mended. */
export class RegionChannel {
  readonly join: WorldJoin;
  readonly #deps: RegionChannelDeps;
  readonly #bulk: BulkInbox;
  readonly #acks: AckSender;
  readonly #repair: RegionRepair;
  /** The registration that frames are of, over a connection or over HTTP. */
  #current: Registration | undefined;
  #told: Viewport | undefined;

  constructor(deps: RegionChannelDeps) {
    this.#deps = deps;
    const { timers, store, maxBacklogBytes, transmit } = deps;
    this.#bulk = new BulkInbox(deps.maxJoinedBytes);
    this.#acks = new AckSender({
      timers,
      backlogBytes: () => store?.backlogBytes ?? 0,
      maxBacklogBytes,
      send: (receivedBytes) => transmit(bytesAckMessage(receivedBytes)),
    });
    this.#repair = new RegionRepair({ timers, ask: (keys) => this.#ask(keys) });
    this.join = new WorldJoin({
      ...deps,
      claim: (before, viewport) => this.#claim(before, viewport),
      onRegistered: (registration) => this.#registered(registration),
      onFrames: (frames) => this.frames(frames),
      onViewportSent: (viewport) => this.told(viewport),
    });
    store?.attach({ refetch: (keys) => this.refetch(keys) });
  }

  /** A binary message has come. */
  received(message: ArrayBuffer): void {
    const frames = this.#open(message);
    if (frames === undefined) return;
    this.join.received(frames);
    this.#acks.received(this.#bulk.receivedBytes);
  }

  /** Hands frames on. */
  frames(frames: readonly Uint8Array<ArrayBuffer>[]): void {
    this.#deps.onFrames(frames);
    this.#deps.store?.receive(frames);
  }

  /** The server was told of a view. */
  told(viewport: Viewport): void {
    this.#told = viewport;
    this.#deps.store?.told(viewport);
    this.#deps.onViewportSent(viewport);
  }

  /** Has regions sent again in full. */
  refetch(keys: Iterable<RegionKey>): void {
    this.#repair.refetch(keys);
  }

  /** The connection is gone. */
  lost(): void {
    this.join.lost();
    this.#bulk.reset();
    this.#acks.reset();
    this.#repair.reset();
  }

  #open(message: ArrayBuffer): readonly Uint8Array<ArrayBuffer>[] | undefined {
    try {
      return this.#bulk.receive(message);
    } catch (cause) {
      const text = `The server sent what cannot be read: ${(cause as Error).message}`;
      this.#deps.onProblem(localError("CONNECTION_LOST", text, cause));
      return undefined;
    }
  }

  #registered(registration: Registration): void {
    const { store, onRegistered } = this.#deps;
    this.#current = registration;
    this.#repair.reset();
    store?.begin(registration);
    // What was said of the view before a registration that begins anew is forgotten with the rest.
    if (!registration.resumed && this.#told !== undefined) store?.told(this.#told);
    if (registration.features?.includes("flow") === true) this.#acks.start(registration.ackIntervalMs);
    else this.#acks.stop();
    onRegistered(registration);
  }

  async #claim(before: Registration, viewport: Viewport): Promise<boolean> {
    const { store, maxMessageBytes, transmitBinary } = this.#deps;
    if (store === undefined || before.features === undefined) return false;
    const held = await this.#inTime(store.known());
    if (held === undefined) return false;
    for (const message of knownMessages(before, held, viewport, maxMessageBytes())) transmitBinary(message);
    return true;
  }

  #ask(keys: readonly RegionKey[]): void {
    const { maxMessageBytes, transmitBinary, onRefetch } = this.#deps;
    onRefetch(keys);
    const registration = this.join.registration;
    if (registration?.features === undefined || this.#current !== registration) return;
    for (const message of refetchMessages(registration, keys, maxMessageBytes())) transmitBinary(message);
  }

  /** What comes of a promise, or undefined if that takes too long or it fails. */
  #inTime<Value>(promise: Promise<Value>): Promise<Value | undefined> {
    const { timers } = this.#deps;
    return new Promise((resolve) => {
      const timer = timers.setTimeout(() => resolve(undefined), KNOWN_TIMEOUT_MS);
      promise.catch(() => undefined).then((value) => {
        timers.clearTimeout(timer);
        resolve(value);
      });
    });
  }
}
