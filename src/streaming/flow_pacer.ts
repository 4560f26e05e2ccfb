import { type AckSample, type AckState, LinkEstimate } from "./link_estimate.ts";
import type { LoopLateness } from "./loop_lateness.ts";
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
const GAP_SHARE = 0.4;
/** Added to each window, so that a small one grows whatever the round trips: flows that share a link come to like windows by
 * it, and a window that fell for no reason comes back. */
const ADDED_BYTES = 512;
/** How much faster than the link messages leave while its rate is looked for. */
const START_PACE = 3;
/**
 * Afterwards the pace keeps a standing queue of a message: what is missing is made up for in the first time below, which is
 * how a faster link is found, and what is too much in the second.
 */
const FILLING_MS = 18;
const EMPTYING_MS = 100;
const LEAST_PACE = 0.7;
const MOST_PACE = 1.5;
/** The least round trip is looked for anew when none has been as short for so long, at first and at last: routes change, and
 * the first ones may be those of a busy server ... */
const FIRST_RENEWAL_MS = 500;
const LAST_RENEWAL_MS = 15_000;
/** ... and for so many round trips, as looking takes one ... */
const RENEWAL_ROUNDS = 30;
/** ... or when the queue has been longer than it should for so long, as what does not get shorter is no queue of ours ... */
const HELD_MS = 700;
/** ... or at once when the standing queue is longer than this: what is on its way is too much, or the route is longer ... */
const LONG_QUEUE_MS = 60;
/** ... and not sooner after the last look than this, which is also when one is confirmed that found a longer round trip. */
const CONFIRMATION_MS = 2000;
/** Who sends so much later than it might had nothing to send. */
const LATE_MS = 100;
/** A late turn counts for what leaves and for what comes in ... */
const LATE_WAYS = 2;
/** ... up to so much. */
const MOST_LATE_MS = 400;
/** A client that is served within this time has had its turn at once. */
const SERVED_LATE_MS = 15;
/** What may be on its way makes up for a longer wait until a client's turn, and for more, so that it grows ... */
const SERVED_LATE_ROOM = 1.5;
/** ... and the longest such wait counts for so much less with each message. */
const SERVED_LATE_DECAY = 0.95;
/** An idle client's window is halved for each time this long: its link may have changed meanwhile. */
const IDLE_MS = 1000;

/** What a {@linkcode FlowPacer} works with. */
export interface FlowPacerOptions {
  readonly maxMessageBytes: number;
  /** What was sent over the connection before, and is counted in its acknowledgements. */
  readonly sentBytes: number;
  /** Of the loop that sends and that reads the acknowledgements. */
  readonly lateness: LoopLateness;
}

/**
 * Sends as fast as the client acknowledges. The pace follows the measured rate: faster while no queue stands in front of the
 * link, so that one that got faster is found, and slower while one does. The window bounds what is on its way: what the link
 * takes in its least round trip, between two acknowledgements, and in a short queue; a rate that was measured wrong makes no
 * more queue than that. At the start the window doubles each round trip until there is a queue. Where acknowledgements come
 * in clumps, since a busy machine keeps either end from running, pace and window have room for it. The least round trip is
 * measured again now and then, with nothing on its way: at once when the queue is long, which empties it, and when it does
 * not get shorter.
 *
 * After Cardwell et al., "BBR: Congestion-Based Congestion Control", ACM Queue 14(5), 2016 (a model of rate and least round
 * trip, measured by turns), and Wei et al., "FAST TCP", IEEE/ACM Transactions on Networking 14(6), 2006 (a window in
 * proportion to the least round trip over the present one, which is what rate times least round trip comes to).
 */
export class FlowPacer implements Pacer {
  readonly #maxMessageBytes: number;
  readonly #lateness: LoopLateness;
  readonly #link = new LinkEstimate();
  readonly #sent = new SentMessages();
  #sentBytes: number;
  /** Of the last acknowledgement, or since when something is on its way. */
  #acked: AckState;
  #windowBytes = FIRST_WINDOW_BYTES;
  #isStarting = true;
  /** Whether there was something to send that had to wait. */
  #isHeld = false;
  /** When the window last had room again. */
  #openedAtMs = -Infinity;
  /** How long this client has had to wait of late, though it might be sent something: this server had others to serve. */
  #servedLateMs = 0;
  /** Nothing is sent until all has arrived, to look for the least round trip. */
  #isDraining = false;
  #renewAfterMs = FIRST_RENEWAL_MS;
  #lookedAtMs = -Infinity;
  /** Since when the standing queue has been longer than it should be. */
  #queueFromMs = 0;
  /** Whether nothing was acknowledged since something is on its way again. */
  #isFirstRound = true;
  /** When all that was sent would have left at the pace. */
  #clearAtMs = -Infinity;
  /** Whether nothing had to wait yet since there was nothing to send. */
  #isFilling = true;
  /** Messages up to here were sent when there was not enough to send: what is sent before they arrive may tell too low a rate. */
  #idleUntilBytes: number;

  constructor({ maxMessageBytes, sentBytes, lateness }: FlowPacerOptions) {
    this.#maxMessageBytes = maxMessageBytes;
    this.#lateness = lateness;
    this.#sentBytes = sentBytes;
    this.#acked = { bytes: sentBytes, nowMs: -Infinity, sentMs: -Infinity };
    this.#idleUntilBytes = sentBytes;
  }

  /** All bytes sent over the connection. */
  get sentBytes(): number {
    return this.#sentBytes;
  }

  /** Bytes sent and not acknowledged. */
  get inFlightBytes(): number {
    return this.#sentBytes - this.#acked.bytes;
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
    const waitMs = this.#waitMs(nowMs);
    if (waitMs > 0) {
      this.#isHeld = true;
      this.#isFilling = false;
    }
    return waitMs;
  }

  #waitMs(nowMs: number): number {
    if (this.inFlightBytes >= this.#windowBytes) return Infinity;
    const { gapMs } = this.#link;
    if (this.#isDraining) {
      if (this.inFlightBytes > 0) return Infinity;
      // A client that has just acknowledged keeps its next one back, and the round trip would look longer.
      const pauseMs = Math.ceil(this.#acked.nowMs + gapMs - nowMs);
      if (pauseMs > 0) return pauseMs;
    }
    return Math.max(0, Math.ceil(this.#clearAtMs - nowMs - QUEUE_MS));
  }

  sent(bytes: number, nowMs: number): void {
    const { bytesPerMs, gapMs } = this.#link;
    const drainedAtMs = this.#isDraining ? this.#acked.nowMs + gapMs : -Infinity;
    const lateMs = nowMs - Math.max(this.#openedAtMs, this.#clearAtMs, drainedAtMs);
    this.#servedLateMs = Math.max(
      this.#servedLateMs * SERVED_LATE_DECAY,
      this.#isHeld && lateMs > SERVED_LATE_MS && lateMs <= MOST_LATE_MS ? lateMs : 0,
    );
    if (lateMs > LATE_MS) this.#isHeld = false;
    const isFirst = this.inFlightBytes === 0;
    const isClean = isFirst && nowMs - this.#acked.nowMs >= gapMs;
    if (isFirst) this.#wake(nowMs);
    this.#sentBytes += bytes;
    this.#isHeld = false;
    if (this.#isFilling) this.#idleUntilBytes = this.#sentBytes;
    if (bytesPerMs > 0) {
      const pace = bytesPerMs * (this.#isStarting ? START_PACE : this.#pace);
      // Who is late makes up for it.
      this.#clearAtMs = Math.max(this.#clearAtMs, nowMs - this.#slackMs) + bytes / pace;
    }
    this.#sent.push({
      untilBytes: this.#sentBytes,
      atMs: nowMs,
      before: this.#acked,
      isIdle: this.#acked.bytes < this.#idleUntilBytes,
      isClean,
    });
  }

  /** Takes over what was sent past this pacer, of `sentBytes` over the connection: the rest of a stream that has ended. */
  catchUp(sentBytes: number, nowMs: number): void {
    if (sentBytes > this.#sentBytes) this.sent(sentBytes - this.#sentBytes, nowMs);
  }

  acknowledged(receivedBytes: number, nowMs: number): void {
    // A client cannot have received what was not sent, nor less than it said before.
    if (!(receivedBytes <= this.#sentBytes && receivedBytes > this.#acked.bytes)) return;
    const isFull = this.#isHeld;
    const ackedBytes = receivedBytes - this.#acked.bytes;
    const sinceMs = nowMs - this.#acked.nowMs;
    const gapMs = this.#isFirstRound ? undefined : sinceMs;
    const message = this.#sent.takeUntil(receivedBytes);
    const sentMs = message?.atMs ?? this.#acked.sentMs;
    this.#acked = { bytes: receivedBytes, nowMs, sentMs };
    if (!isFull) {
      this.#isFilling = true;
      this.#idleUntilBytes = this.#sentBytes;
    }
    if (this.inFlightBytes < this.#windowBytes && this.inFlightBytes + ackedBytes >= this.#windowBytes) {
      this.#openedAtMs = nowMs;
    }
    this.#isFirstRound = false;
    if (message === undefined) return;
    const { before, isClean, isIdle } = message;
    const ack = { ...this.#acked, rttMs: nowMs - sentMs, gapMs, before, isClean };
    this.#renewRtt(ack);
    this.#link.measureRtt(ack, this.#messageMs + QUEUE_MS);
    if (this.#isDraining && this.#queueIsLong) {
      // What still waits keeps the link busy, and tells how slow it has become.
      this.#link.measureRate(ack, false);
      return this.#steer();
    }
    if (this.#isDraining || !isFull) return this.#link.pause(nowMs);
    const isLess = receivedBytes - before.bytes < this.#link.bytesPerMs * (nowMs - before.nowMs);
    if (isIdle && isLess) return;
    this.#link.measureRate(ack, this.#isStarting);
    const queueMs = ack.rttMs - this.#link.leastRttMs;
    if (this.#isStarting) this.#start(ackedBytes, queueMs, sinceMs);
    else this.#steer();
  }

  hasArrived(): boolean {
    return this.inFlightBytes === 0;
  }

  /** Milliseconds of the rate that may be on their way besides the least round trip. */
  get #slackMs(): number {
    const { gapMs } = this.#link;
    const lateMs = Math.max(this.#swingMs, this.#servedLateMs * SERVED_LATE_ROOM);
    return gapMs + Math.max(QUEUE_MS, gapMs * GAP_SHARE) + lateMs;
  }

  /** By how much round trips swing without a queue of the link: messages leave late and acknowledgements are read late where
   * this server is behind. */
  get #swingMs(): number {
    return Math.max(this.#link.jitterMs, Math.min(MOST_LATE_MS, LATE_WAYS * this.#lateness.ms));
  }

  /** What a message takes, at most: a round trip may be longer by so much without a queue. */
  get #messageMs(): number {
    return Math.max(MESSAGE_MS, LEAST_MESSAGE_BYTES / this.#link.bytesPerMs);
  }

  /** The standing queue aimed at. */
  get #aimMs(): number {
    return Math.max(this.#messageMs, this.#link.gapMs * GAP_SHARE);
  }

  /** How much faster than at the measured rate messages leave once it is known. */
  get #pace(): number {
    const { standingMs, lastingMs } = this.#link;
    const aimMs = this.#aimMs + this.#swingMs;
    if (standingMs < aimMs) return Math.min(MOST_PACE, 1 + (aimMs - standingMs) / FILLING_MS);
    return Math.max(LEAST_PACE, 1 - Math.max(0, lastingMs - aimMs) / EMPTYING_MS);
  }

  /** Whether no jitter explains the standing queue: the link got slower, or the route longer. */
  get #queueIsLong(): boolean {
    return this.#link.standingMs > LONG_QUEUE_MS + this.#aimMs + this.#swingMs;
  }

  /** Goes on after nothing was on its way. */
  #wake(nowMs: number): void {
    const halves = Math.floor((nowMs - this.#acked.nowMs) / IDLE_MS);
    if (halves > 0) {
      const isForgotten = this.#windowBytes / 2 ** halves <= FIRST_WINDOW_BYTES;
      this.#link.forgetRate(isForgotten ? Infinity : 2 ** halves);
      if (!isForgotten) this.#windowBytes /= 2 ** halves;
      else this.#windowBytes = Math.min(this.#windowBytes, FIRST_WINDOW_BYTES);
      this.#isStarting = true;
    }
    this.#acked = { ...this.#acked, nowMs, sentMs: nowMs };
    this.#isFirstRound = true;
    if (!this.#isHeld || this.#isDraining) {
      // The way of the first message counts in the rate of those that are sent before it arrives.
      this.#isFilling = true;
      this.#link.pause(nowMs);
    }
    if (!this.#isDraining) return;
    this.#isDraining = false;
    this.#clearAtMs = nowMs;
    this.#link.renewRtt(nowMs);
  }

  /** Looks for the least round trip anew when it is old: with this one if nothing was before it, or once all has arrived. */
  #renewRtt({ nowMs, isClean }: AckSample): void {
    const { confirmedAtMs, leastRttMs, gapMs, isDoubtful } = this.#link;
    if (leastRttMs === Infinity) return;
    if (this.#isStarting || this.#pace >= 1) this.#queueFromMs = nowMs;
    const isHeld = (this.#queueIsLong || nowMs - this.#queueFromMs > HELD_MS) &&
      nowMs - this.#lookedAtMs > CONFIRMATION_MS;
    const afterMs = isDoubtful ? CONFIRMATION_MS : this.#renewAfterMs;
    const isOld = nowMs - confirmedAtMs > Math.max(afterMs, RENEWAL_ROUNDS * (leastRttMs + gapMs));
    if (!isHeld && !isOld) return;
    this.#lookedAtMs = nowMs;
    if (isHeld) this.#link.renewRate();
    if (isClean) this.#link.renewRtt(nowMs);
    else this.#drain();
    this.#renewAfterMs = Math.min(this.#renewAfterMs * 2, LAST_RENEWAL_MS);
  }

  #drain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    this.#isStarting = false;
  }

  /** Grows by what has arrived, so doubles each round trip, up to twice what the link has been seen to take. */
  #start(ackedBytes: number, queueMs: number, sinceMs: number): void {
    const { bytesPerMs, leastRttMs } = this.#link;
    const most = Math.min(MOST_WINDOW_BYTES, bytesPerMs * (leastRttMs + Math.max(leastRttMs, this.#slackMs)));
    this.#windowBytes = Math.max(this.#windowBytes, Math.min(this.#windowBytes + ackedBytes, most));
    // What was acknowledged may have waited with the client since the acknowledgement before.
    if (queueMs <= sinceMs + QUEUE_MS + this.#swingMs) return;
    this.#isStarting = false;
    this.#steer();
  }

  /** Sets the window by rate and least round trip. */
  #steer(): void {
    const bytes = this.#link.bytesPerMs * (this.#link.leastRttMs + this.#slackMs) + ADDED_BYTES;
    this.#windowBytes = Math.min(Math.max(bytes, LEAST_WINDOW_BYTES), MOST_WINDOW_BYTES);
  }
}
