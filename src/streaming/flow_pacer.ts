import { type AckSample, LinkEstimate } from "./link_estimate.ts";
import type { Pacer } from "./pacer.ts";
import { SentMessages } from "./sent_messages.ts";

/** Bytes that may be on their way before anything is known of a link; also what an idle one falls back to. */
const FIRST_WINDOW_BYTES = 8 * 1024;
const LEAST_WINDOW_BYTES = 2 * 1024;
const MOST_WINDOW_BYTES = 16 * 1024 * 1024;
/** Longest message before the rate is known. */
const FIRST_MESSAGE_BYTES = 2 * 1024;
const LEAST_MESSAGE_BYTES = 1024;
/** A message is no longer than what the link takes in this time, so that a short one behind it does not wait long. */
const MESSAGE_MS = 8;
/** The queue that keeps a link busy, beside what is acknowledged late ... */
const QUEUE_MS = 3;
/** ... or this part of the time between two acknowledgements, if it is more: or the window of rare ones would not grow. */
const GAP_SHARE = 0.2;
/** Added to each window, so that a small one grows whatever the round trips: flows that share a link come to like windows by
 * it, and a window that fell for no reason comes back. */
const ADDED_BYTES = 512;
/** A rate that was measured in less tells of the burst that many links let through, or of the clock. */
const LEAST_SAMPLE_MS = 20;
/** How much faster than the link messages leave: little when its rate is known, more while it is looked for. */
const STEADY_PACE = 1.25;
const START_PACE = 3;
/** Rounds without a queue after which the window grows as at the start. */
const FREE_ROUNDS = 3;
/** Rounds, each with a smaller window, after which the least round trip is doubted: what does not get shorter with the window
 * is no queue of ours. */
const SHRINKING_ROUNDS = 6;
/** A window counts as smaller below this part. */
const SMALLER = 0.99;
/** The least round trip is looked for anew when none has been as short for so long, at first and at last: routes change, and
 * the first ones may be those of a busy server ... */
const FIRST_RENEWAL_MS = 500;
const LAST_RENEWAL_MS = 15_000;
/** ... and for so many round trips, as looking takes one. */
const RENEWAL_ROUNDS = 30;
/** An idle client's window is halved for each time this long: its link may have changed meanwhile. */
const IDLE_MS = 1000;

/**
 * Sends as fast as the client acknowledges. What may be on its way is what the link takes in its least round trip, between
 * two acknowledgements, and in a short queue that keeps it busy. The rate is that at which bytes were acknowledged, so a
 * window made of it is never far beyond the link; at the start, and when there was no queue for a while, the window doubles
 * each round trip until there is one. The least round trip is measured again now and then, with nothing on its way.
 *
 * After Cardwell et al., "BBR: Congestion-Based Congestion Control", ACM Queue 14(5), 2016 (a model of rate and least round
 * trip, measured by turns), and Wei et al., "FAST TCP", IEEE/ACM Transactions on Networking 14(6), 2006 (a window in
 * proportion to the least round trip over the present one, which is what rate times least round trip comes to).
 */
export class FlowPacer implements Pacer {
  readonly #maxMessageBytes: number;
  readonly #link = new LinkEstimate();
  readonly #sent = new SentMessages();
  #sentBytes: number;
  #ackedBytes: number;
  /** Of the last acknowledgement, or since when something is on its way. */
  #ackedAtMs = -Infinity;
  #windowBytes = FIRST_WINDOW_BYTES;
  #isStarting = true;
  /** Nothing is sent until all has arrived, to look for the least round trip. */
  #isDraining = false;
  #renewAfterMs = FIRST_RENEWAL_MS;
  /** Whether nothing was acknowledged since something is on its way again. */
  #isFirstRound = true;
  /** When all that was sent would have left at the pace. */
  #clearAtMs = -Infinity;
  /** Whether less than the window was on its way since there was nothing to send. */
  #isFilling = true;
  /** Messages up to here were sent when there was not a window on its way: they may tell too low a rate. */
  #idleUntilBytes: number;
  /** A round ends when all that was on its way at its start has arrived. */
  #roundUntilBytes: number;
  #roundWindowBytes = FIRST_WINDOW_BYTES;
  #roundQueueMs = Infinity;
  #freeRounds = 0;
  #shrinkingRounds = 0;

  /** @param options `sentBytes`: what was sent over the connection before, and is counted in its acknowledgements */
  constructor(
    { maxMessageBytes, sentBytes }: { readonly maxMessageBytes: number; readonly sentBytes: number },
  ) {
    this.#maxMessageBytes = maxMessageBytes;
    this.#sentBytes = sentBytes;
    this.#ackedBytes = sentBytes;
    this.#idleUntilBytes = sentBytes;
    this.#roundUntilBytes = sentBytes;
  }

  /** All bytes sent over the connection. */
  get sentBytes(): number {
    return this.#sentBytes;
  }

  /** Bytes sent and not acknowledged. */
  get inFlightBytes(): number {
    return this.#sentBytes - this.#ackedBytes;
  }

  /** Bytes that may be on their way. */
  get windowBytes(): number {
    return this.#windowBytes;
  }

  get maxMessageBytes(): number {
    const { bytesPerMs } = this.#link;
    const bytes = bytesPerMs === 0 ? FIRST_MESSAGE_BYTES : Math.floor(bytesPerMs * MESSAGE_MS);
    return Math.min(this.#maxMessageBytes, Math.max(LEAST_MESSAGE_BYTES, bytes));
  }

  waitMs(nowMs: number): number {
    if (this.inFlightBytes >= this.#windowBytes) return Infinity;
    const { gapMs } = this.#link;
    if (this.#isDraining) {
      if (this.inFlightBytes > 0) return Infinity;
      // A client that has just acknowledged keeps its next one back, and the round trip would look longer.
      const pauseMs = Math.ceil(this.#ackedAtMs + gapMs - nowMs);
      if (pauseMs > 0) return pauseMs;
    }
    return Math.max(0, Math.ceil(this.#clearAtMs - nowMs - gapMs - QUEUE_MS));
  }

  sent(bytes: number, nowMs: number): void {
    const { bytesPerMs, gapMs } = this.#link;
    const isFirst = this.inFlightBytes === 0;
    const isClean = isFirst && nowMs - this.#ackedAtMs >= gapMs;
    if (isFirst) this.#wake(nowMs);
    this.#sentBytes += bytes;
    if (this.inFlightBytes >= this.#windowBytes) this.#isFilling = false;
    else if (this.#isFilling) this.#idleUntilBytes = this.#sentBytes;
    if (bytesPerMs > 0) {
      const pace = bytesPerMs * (this.#isStarting ? START_PACE : STEADY_PACE);
      this.#clearAtMs = Math.max(this.#clearAtMs, nowMs) + bytes / pace;
    }
    this.#sent.push({
      untilBytes: this.#sentBytes,
      atMs: nowMs,
      ackedBytes: this.#ackedBytes,
      ackedAtMs: this.#ackedAtMs,
      isClean,
    });
  }

  /** Takes over what was sent past this pacer, of `sentBytes` over the connection: the rest of a stream that has ended. */
  catchUp(sentBytes: number, nowMs: number): void {
    if (sentBytes > this.#sentBytes) this.sent(sentBytes - this.#sentBytes, nowMs);
  }

  acknowledged(receivedBytes: number, nowMs: number): void {
    // A client cannot have received what was not sent, nor less than it said before.
    if (!(receivedBytes <= this.#sentBytes && receivedBytes > this.#ackedBytes)) return;
    const isFull = this.inFlightBytes >= this.#windowBytes || this.#clearAtMs - nowMs > this.#link.gapMs;
    const ackedBytes = receivedBytes - this.#ackedBytes;
    const sinceMs = nowMs - this.#ackedAtMs;
    const gapMs = this.#isFirstRound ? undefined : sinceMs;
    this.#ackedBytes = receivedBytes;
    this.#ackedAtMs = nowMs;
    if (!isFull) {
      this.#isFilling = true;
      this.#idleUntilBytes = this.#sentBytes;
    }
    this.#isFirstRound = false;
    const message = this.#sent.takeUntil(receivedBytes);
    if (message === undefined) return;
    const ack = {
      bytes: receivedBytes,
      nowMs,
      rttMs: nowMs - message.atMs,
      gapMs,
      bytesPerMs: (receivedBytes - message.ackedBytes) / Math.max(LEAST_SAMPLE_MS, nowMs - message.ackedAtMs),
      fromMs: message.ackedAtMs,
      isClean: message.isClean,
    };
    this.#renewRtt(ack);
    this.#link.measureRtt(ack);
    if (this.#isDraining || !isFull) return this.#link.pause();
    if (receivedBytes <= this.#idleUntilBytes && ack.bytesPerMs < this.#link.bytesPerMs) return;
    this.#link.measureRate(ack, this.#isStarting);
    const queueMs = ack.rttMs - this.#link.leastRttMs;
    if (this.#isStarting) this.#start(ackedBytes, queueMs, sinceMs);
    else this.#steer();
    this.#endRound(queueMs);
  }

  hasArrived(): boolean {
    return this.inFlightBytes === 0;
  }

  /** Milliseconds of the rate that may be on their way besides the least round trip. */
  get #slackMs(): number {
    const { gapMs, jitterMs } = this.#link;
    return gapMs + Math.max(QUEUE_MS, gapMs * GAP_SHARE) + jitterMs;
  }

  /** Goes on after nothing was on its way. */
  #wake(nowMs: number): void {
    const halves = Math.floor((nowMs - this.#ackedAtMs) / IDLE_MS);
    if (halves > 0) {
      const isForgotten = this.#windowBytes / 2 ** halves <= FIRST_WINDOW_BYTES;
      this.#link.forgetRate(isForgotten ? Infinity : 2 ** halves);
      if (!isForgotten) this.#windowBytes /= 2 ** halves;
      else this.#windowBytes = Math.min(this.#windowBytes, FIRST_WINDOW_BYTES);
      this.#roundWindowBytes = this.#windowBytes;
      this.#isStarting = true;
    }
    this.#ackedAtMs = nowMs;
    this.#isFirstRound = true;
    // The way of the first message counts in the rate of those that are sent before it arrives.
    this.#isFilling = true;
    if (!this.#isDraining) return;
    this.#isDraining = false;
    this.#link.renewRtt(nowMs);
  }

  /** Looks for the least round trip anew when it is old: with this one if nothing was before it, or once all has arrived. */
  #renewRtt({ nowMs, isClean }: AckSample): void {
    const { confirmedAtMs, leastRttMs, gapMs } = this.#link;
    if (leastRttMs === Infinity) return;
    if (nowMs - confirmedAtMs <= Math.max(this.#renewAfterMs, RENEWAL_ROUNDS * (leastRttMs + gapMs))) return;
    if (isClean) this.#link.renewRtt(nowMs);
    else this.#drain();
    this.#renewAfterMs = Math.min(this.#renewAfterMs * 2, LAST_RENEWAL_MS);
  }

  #drain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    this.#isStarting = false;
    this.#freeRounds = this.#shrinkingRounds = 0;
  }

  /** Grows by what has arrived, so doubles each round trip, up to twice what the link has been seen to take. */
  #start(ackedBytes: number, queueMs: number, sinceMs: number): void {
    const { bytesPerMs, leastRttMs } = this.#link;
    const most = Math.min(MOST_WINDOW_BYTES, bytesPerMs * (leastRttMs + Math.max(leastRttMs, this.#slackMs)));
    this.#windowBytes = Math.max(this.#windowBytes, Math.min(this.#windowBytes + ackedBytes, most));
    // What was acknowledged may have waited with the client since the acknowledgement before.
    if (queueMs <= sinceMs + QUEUE_MS + this.#link.jitterMs) return;
    this.#isStarting = false;
    this.#link.pause();
    this.#steer();
  }

  /** Sets the window by rate and least round trip, at most by a factor of two each round trip. */
  #steer(): void {
    const bytes = this.#link.bytesPerMs * (this.#link.leastRttMs + this.#slackMs) + ADDED_BYTES;
    const least = Math.max(LEAST_WINDOW_BYTES, this.#roundWindowBytes / 2);
    const most = Math.min(MOST_WINDOW_BYTES, this.#roundWindowBytes * 2);
    this.#windowBytes = Math.min(Math.max(bytes, least), most);
  }

  #endRound(queueMs: number): void {
    this.#roundQueueMs = Math.min(this.#roundQueueMs, queueMs);
    if (this.#ackedBytes < this.#roundUntilBytes) return;
    const isFree = this.#roundQueueMs < QUEUE_MS / 2;
    const isSmaller = this.#windowBytes < this.#roundWindowBytes * SMALLER;
    this.#freeRounds = isFree ? this.#freeRounds + 1 : 0;
    this.#shrinkingRounds = Math.max(0, this.#shrinkingRounds + (isSmaller ? 1 : -1));
    if (this.#freeRounds >= FREE_ROUNDS) this.#isStarting = true;
    if (this.#shrinkingRounds >= SHRINKING_ROUNDS) this.#drain();
    this.#roundUntilBytes = this.#sentBytes;
    this.#roundWindowBytes = this.#windowBytes;
    this.#roundQueueMs = Infinity;
  }
}
