import type { Pacer } from "../../src/streaming/pacer.ts";
import type { ManualClock } from "../support/manual_clock.ts";

/** A bottleneck that serves messages one after the other, whoever they are from; what it cannot take yet waits. */
export class SimulatedLink {
  /** May be changed at any time; holds for messages that begin to be served. */
  bytesPerMs: number;
  /** What passes at once after a pause, as links that are shaped by a bucket of tokens let it. */
  burstBytes = 0;
  readonly #clock: ManualClock;
  readonly #queue: { readonly bytes: number; readonly onServed: () => void }[] = [];
  #queuedBytes = 0;
  #endsAtMs = 0;
  #isServing = false;
  #tokens = 0;
  #filledAtMs = -1e6;

  constructor(clock: ManualClock, bytesPerMs: number) {
    this.#clock = clock;
    this.bytesPerMs = bytesPerMs;
  }

  /** How long a short message would wait now, in milliseconds. */
  get queueMs(): number {
    const restMs = this.#isServing ? this.#endsAtMs - this.#clock.monotonic() : 0;
    return restMs + this.#queuedBytes / this.bytesPerMs;
  }

  send(bytes: number, onServed: () => void): void {
    this.#queue.push({ bytes, onServed });
    this.#queuedBytes += bytes;
    if (!this.#isServing) this.#serve();
  }

  #serve(): void {
    const next = this.#queue.shift();
    this.#isServing = next !== undefined;
    if (next === undefined) return;
    this.#queuedBytes -= next.bytes;
    const nowMs = this.#clock.monotonic();
    const tokens = Math.min(this.burstBytes, this.#tokens + (nowMs - this.#filledAtMs) * this.bytesPerMs);
    const serviceMs = Math.max(0, next.bytes - tokens) / this.bytesPerMs;
    this.#tokens = Math.max(0, tokens - next.bytes);
    this.#filledAtMs = this.#endsAtMs = nowMs + serviceMs;
    this.#clock.setTimeout(() => {
      next.onServed();
      this.#serve();
    }, serviceMs);
  }
}

/** How far away a client is, and when it acknowledges. */
export interface FlowOptions {
  /** Round trip of an empty link. */
  readonly baseRttMs: number;
  /** Least time between two acknowledgements. */
  readonly ackIntervalMs: number;
  /** By how much a message or an acknowledgement may be late besides, in milliseconds. */
  readonly jitterMs?: () => number;
  /** When each end does what is due at a time: later if other processes have its processor. */
  readonly serverRunsAt?: (atMs: number) => number;
  readonly clientRunsAt?: (atMs: number) => number;
  /** Whether the client's system holds an acknowledgement back until the one before is confirmed (Nagle's algorithm). */
  readonly holdsBack?: boolean;
}

/** What the server's system confirms a message after if it has nothing to send, and how long such a confirmation is. */
const CONFIRMATION_MS = 40;
const CONFIRMATION_BYTES = 60;

/** One client behind a link that is sent as much as its pacer allows, while there is anything to send. */
export class SimulatedFlow {
  /** Whether there is anything to send. */
  isBusy = true;
  /** Whether the client reads and acknowledges nothing any more. */
  isStuck = false;
  receivedBytes = 0;
  longestMessageBytes = 0;
  readonly #clock: ManualClock;
  readonly #link: SimulatedLink;
  readonly #pacer: Pacer;
  readonly #options: FlowOptions;
  #arrivesAtMs = 0;
  #ackArrivesAtMs = 0;
  #ackedBytes = 0;
  #ackedAtMs = -Infinity;
  #isAckDue = false;
  #isWaiting = false;
  /** Acknowledgements that are held back, and whether one is on its way that the client knows nothing of yet. */
  #held: number[] = [];
  #isUnconfirmed = false;
  /** Whether the next that the server sends confirms what has come. */
  #owesConfirmation = false;

  constructor(clock: ManualClock, link: SimulatedLink, pacer: Pacer, options: FlowOptions) {
    this.#clock = clock;
    this.#link = link;
    this.#pacer = pacer;
    this.#options = options;
  }

  /** Sends one message, as it is all that there is to send. */
  sendOne(bytes: number = this.#pacer.maxMessageBytes): void {
    this.#send(bytes);
  }

  /** Sends what may be sent now. */
  pump(): void {
    while (this.isBusy) {
      const nowMs = this.#clock.monotonic();
      const waitMs = this.#pacer.waitMs(nowMs);
      if (waitMs > 0) {
        if (waitMs < Infinity && !this.#isWaiting) this.#later(waitMs);
        return;
      }
      this.#send(this.#pacer.maxMessageBytes);
    }
  }

  #send(bytes: number): void {
    this.longestMessageBytes = Math.max(this.longestMessageBytes, bytes);
    this.#pacer.sent(bytes, this.#clock.monotonic());
    this.#confirming(bytes, () => this.#travel(bytes));
  }

  /** Sends something that confirms what has come, if that is due. */
  #confirming(bytes: number, onServed: () => void): void {
    const confirms = this.#owesConfirmation;
    this.#owesConfirmation = false;
    this.#link.send(bytes, () => {
      if (confirms) this.#at(this.#delayed(), () => this.#confirm());
      onServed();
    });
  }

  #confirm(): void {
    this.#isUnconfirmed = false;
    this.#hand();
  }

  #later(waitMs: number): void {
    this.#isWaiting = true;
    this.#at(this.#serverRunsAt(this.#clock.monotonic() + waitMs), () => {
      this.#isWaiting = false;
      this.pump();
    });
  }

  #travel(bytes: number): void {
    this.#arrivesAtMs = Math.max(this.#arrivesAtMs, this.#clientRunsAt(this.#delayed()));
    this.#at(this.#arrivesAtMs, () => {
      if (this.isStuck) return;
      this.receivedBytes += bytes;
      this.#acknowledge();
    });
  }

  #acknowledge(): void {
    const nowMs = this.#clock.monotonic();
    const waitMs = this.#ackedAtMs + this.#options.ackIntervalMs - nowMs;
    if (this.#isAckDue || this.receivedBytes === this.#ackedBytes) return;
    if (waitMs > 0) {
      this.#isAckDue = true;
      this.#at(this.#clientRunsAt(nowMs + waitMs), () => {
        this.#isAckDue = false;
        this.#acknowledge();
      });
      return;
    }
    this.#ackedAtMs = nowMs;
    this.#ackedBytes = this.receivedBytes;
    this.#held.push(this.#ackedBytes);
    this.#hand();
  }

  /** Lets go of the acknowledgements that may leave. */
  #hand(): void {
    if (this.#isUnconfirmed || this.#held.length === 0) return;
    this.#isUnconfirmed = this.#options.holdsBack === true;
    const held = this.#held;
    this.#held = [];
    this.#ackArrivesAtMs = Math.max(this.#ackArrivesAtMs, this.#serverRunsAt(this.#delayed()));
    this.#at(this.#ackArrivesAtMs, () => {
      this.#owesConfirmation = this.#isUnconfirmed;
      if (this.#owesConfirmation) {
        this.#at(this.#clock.monotonic() + CONFIRMATION_MS, () => this.#confirmAlone());
      }
      for (const bytes of held) this.#pacer.acknowledged(bytes, this.#clock.monotonic());
      this.pump();
    });
  }

  #confirmAlone(): void {
    if (this.#owesConfirmation) this.#confirming(CONFIRMATION_BYTES, () => {});
  }

  #serverRunsAt(atMs: number): number {
    return this.#options.serverRunsAt?.(atMs) ?? atMs;
  }

  #clientRunsAt(atMs: number): number {
    return this.#options.clientRunsAt?.(atMs) ?? atMs;
  }

  #delayed(): number {
    return this.#clock.monotonic() + this.#options.baseRttMs / 2 + (this.#options.jitterMs?.() ?? 0);
  }

  #at(atMs: number, fn: () => void): void {
    this.#clock.setTimeout(fn, atMs - this.#clock.monotonic());
  }
}
