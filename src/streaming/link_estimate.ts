/** What had been acknowledged at a time. */
export interface AckState {
  /** All bytes acknowledged ... */
  readonly bytes: number;
  /** ... since when ... */
  readonly nowMs: number;
  /** ... and when the newest of them were sent. */
  readonly sentMs: number;
}

/** One acknowledgement, with what was known when its newest message was sent. */
export interface AckSample extends AckState {
  /** From when the message was sent until now. */
  readonly rttMs: number;
  /** Since the acknowledgement before; undefined when nothing was on its way between the two. */
  readonly gapMs: number | undefined;
  /** What was acknowledged when the message was sent. */
  readonly before: AckState;
  /** Whether the message met nothing of ours on its way. */
  readonly isClean: boolean;
}

/** Acknowledgements that are kept ... */
const RECENT_ACKS = 16;
/** ... of which the newest tell of the queue: few that it grows, more that it stays. */
const STANDING_ACKS = 4;
const LASTING_ACKS = 10;
/** The gap is this part of those between them, from the shortest on: a queue holds some clients' acknowledgements back. */
const GAP_RANK = 0.25;
/** A rate that was measured in less tells of the burst that many links let through, or of the clock. */
const LEAST_SAMPLE_MS = 20;
/** A rate counts over the time that its newest message was on its way, and over this at least. */
const LEAST_SPAN_MS = 100;
/**
 * The highest rate of so long counts: whenever either side is kept from running, less arrives than the link takes, and a
 * mean would lower the window, and the window the next mean, without an end (as in BBR, which takes a maximum, too).
 */
const RATE_MS = 600;
/** Acknowledgements that come within so long were kept back together, and count as one. */
const CLUMP_MS = 4;
/** The jitter is the second most in so long, as once is no more than a stall ... */
const JITTER_MS = 5000;
/** ... and more than this is not made up for. */
const MOST_JITTER_MS = 400;
/** Clients that acknowledge more seldom are not waited for. */
const MOST_GAP_MS = 1000;
/** A round trip so close to the least confirms it. */
const SAME_RTT_MS = 0.5;
/** A look that found more than this beyond the least round trip of before is to be confirmed by another. */
const DOUBT_MS = 3;

/** Acknowledgements that came together: the newest, and when the first of them came. */
interface Clump {
  readonly ack: AckSample;
  readonly fromMs: number;
}

/** What a client's acknowledgements tell of its link. */
export class LinkEstimate {
  /** Of late, oldest first. */
  readonly #clumps: Clump[] = [];
  readonly #gapsMs: number[] = [];
  readonly #rates = new RecentMost(RATE_MS);
  /** When and how far more than the rate explains had arrived, each time until it was even again. */
  #aheads: { atMs: number; aheadMs: number }[] = [];
  #isEven = true;
  /** Since when the link has been kept busy. */
  #busyFromMs = -Infinity;
  /** Least round trips since the last look for it, and between the two before. */
  #leastMs = Infinity;
  #formerMs = Infinity;
  #confirmedAtMs = 0;
  #gapMs = 0;
  #bytesPerMs = 0;
  #jitterMs = 0;
  /** When no more had arrived than the rate explains, and how much it was. */
  #evenAtMs = 0;
  #evenBytes = 0;

  /** Round trip of the link without a queue, with the time that one message takes. */
  get leastRttMs(): number {
    return Math.min(this.#leastMs, this.#formerMs);
  }

  /** When a round trip was last as short as the least, or it began to be looked for anew. */
  get confirmedAtMs(): number {
    return this.#confirmedAtMs;
  }

  /** Time between two acknowledgements of late: clients do not acknowledge each message at once. */
  get gapMs(): number {
    return this.#gapMs;
  }

  /** Rate of delivery in bytes a millisecond; 0 while unknown. */
  get bytesPerMs(): number {
    return this.#bytesPerMs;
  }

  /** How much longer than the least the last round trips all were: the queue that stands in front of the link. */
  get standingMs(): number {
    return this.#shortestMs(STANDING_ACKS) - this.leastRttMs;
  }

  /** The same of more of them: what is left of it is no chance. */
  get lastingMs(): number {
    return this.#shortestMs(LASTING_ACKS) - this.leastRttMs;
  }

  /** How much of what was sent arrived at once of late, in milliseconds of the rate: no link does that, but who is kept from
   * running and then catches up. */
  get jitterMs(): number {
    return this.#jitterMs;
  }

  /** Whether the last look for the least round trip found a longer one than there was before. */
  get isDoubtful(): boolean {
    return this.#leastMs < Infinity && this.#leastMs > this.#formerMs + DOUBT_MS;
  }

  /** Takes the round trip of an acknowledgement, whatever it tells of the rate. @param swingMs what comes at once by itself */
  measureRtt(ack: AckSample, swingMs: number): void {
    const { rttMs, nowMs } = ack;
    const last = this.#clumps.at(-1);
    if (last === undefined || nowMs - last.fromMs >= CLUMP_MS) {
      // Only a whole clump tells what came ahead.
      if (last !== undefined) this.#measureJitter(last.ack, swingMs);
      keep(this.#clumps, { ack, fromMs: nowMs }, RECENT_ACKS);
      if (ack.gapMs !== undefined) keep(this.#gapsMs, ack.gapMs, RECENT_ACKS);
    } else this.#clumps[this.#clumps.length - 1] = { ack, fromMs: last.fromMs };
    if (rttMs <= this.leastRttMs + SAME_RTT_MS) this.#confirmedAtMs = nowMs;
    this.#leastMs = Math.min(this.#leastMs, rttMs);
  }

  /** Takes one of a link that was kept busy. @param isNewest whether it counts alone, whatever the rate was before */
  measureRate(ack: AckSample, isNewest: boolean): void {
    if (this.#gapsMs.length > 0) this.#gapMs = Math.min(MOST_GAP_MS, quantile(this.#gapsMs, GAP_RANK));
    // The rate is too low at the start, so that more comes ahead of it than later on.
    if (isNewest) this.#forgetJitter(ack);
    const bytesPerMs = this.#rateOf(ack, isNewest);
    if (bytesPerMs === undefined) return;
    if (isNewest) this.#rates.clear();
    this.#rates.add(ack.nowMs, bytesPerMs);
    this.#bytesPerMs = this.#rates.most;
  }

  /** The link was not kept busy: what was measured of its rate does not join what will be. */
  pause(nowMs: number): void {
    this.#busyFromMs = nowMs;
  }

  /** The rate was measured long ago: it counts for so many times less; Infinity: it is unknown again. */
  forgetRate(times: number): void {
    this.#bytesPerMs /= times;
    this.#rates.clear();
  }

  /** What was measured of the rate until now counts no more. */
  renewRate(): void {
    this.#rates.clear();
  }

  /** Looks for the least round trip anew: what was measured before the last time that this was done counts no more. */
  renewRtt(nowMs: number): void {
    this.#formerMs = this.#leastMs;
    this.#leastMs = Infinity;
    this.#confirmedAtMs = nowMs;
  }

  /** Bytes a millisecond over the time that the newest message was on its way, or a longer one if that is short. */
  #rateOf(ack: AckSample, isNewest: boolean): number | undefined {
    const isEnough = isNewest || ack.nowMs - ack.before.nowMs >= LEAST_SPAN_MS;
    const before = isEnough
      ? ack.before
      : this.#clumps.findLast(({ ack: { nowMs } }) =>
        nowMs >= this.#busyFromMs && nowMs <= ack.nowMs - LEAST_SPAN_MS
      )?.ack;
    if (before === undefined) return undefined;
    const { bytes, nowMs, sentMs } = before;
    // What was kept back on its way or by either side arrives faster than the link takes it, but was not sent so fast.
    return (ack.bytes - bytes) / Math.max(LEAST_SAMPLE_MS, ack.nowMs - nowMs, ack.sentMs - sentMs);
  }

  /** The shortest of the last round trips. Asked for at each acknowledgement of each client, so nothing is allocated. */
  #shortestMs(acks: number): number {
    const clumps = this.#clumps;
    let shortestMs = Infinity;
    for (let i = Math.max(0, clumps.length - acks); i < clumps.length; i++) {
      shortestMs = Math.min(shortestMs, clumps[i]!.ack.rttMs);
    }
    return shortestMs;
  }

  #forgetJitter({ bytes, nowMs }: AckState): void {
    this.#aheads = [];
    this.#isEven = true;
    this.#jitterMs = 0;
    this.#evenAtMs = nowMs;
    this.#evenBytes = bytes;
  }

  /** Notes what arrived ahead of the rate, as it was at the time: read against a lower one, all that came before was early. */
  #measureJitter({ bytes, nowMs }: AckSample, swingMs: number): void {
    if (this.#bytesPerMs === 0) return;
    const aheadMs = (bytes - this.#evenBytes) / this.#bytesPerMs - (nowMs - this.#evenAtMs);
    while (this.#aheads.length > 0 && nowMs - this.#aheads[0]!.atMs >= JITTER_MS) this.#aheads.shift();
    if (aheadMs <= 0) {
      this.#isEven = true;
      this.#evenAtMs = nowMs;
      this.#evenBytes = bytes;
    }
    if (aheadMs > swingMs) {
      if (this.#isEven) this.#aheads.push({ atMs: nowMs, aheadMs });
      this.#isEven = false;
      const ahead = this.#aheads.at(-1);
      if (ahead !== undefined) ahead.aheadMs = Math.max(ahead.aheadMs, aheadMs);
    }
    this.#jitterMs = Math.min(MOST_JITTER_MS, Math.max(0, this.#secondMostAheadMs() - swingMs));
  }

  /** 0 if it was ahead only once. */
  #secondMostAheadMs(): number {
    let mostMs = 0;
    let secondMs = 0;
    for (const { aheadMs } of this.#aheads) {
      secondMs = Math.max(secondMs, Math.min(aheadMs, mostMs));
      mostMs = Math.max(mostMs, aheadMs);
    }
    return secondMs;
  }
}

/** The highest value of some time. */
class RecentMost {
  readonly #forMs: number;
  #values: { readonly atMs: number; readonly value: number }[] = [];

  constructor(forMs: number) {
    this.#forMs = forMs;
  }

  get most(): number {
    return this.#values[0]?.value ?? 0;
  }

  add(atMs: number, value: number): void {
    // What is older than a higher one never counts again.
    const values = this.#values;
    while (values.length > 0 && values.at(-1)!.value <= value) values.pop();
    while (values.length > 0 && atMs - values[0]!.atMs >= this.#forMs) values.shift();
    values.push({ atMs, value });
  }

  clear(): void {
    this.#values = [];
  }
}

/** The value that this part of a few others is below of. O(n²), but without an allocation. */
function quantile(values: readonly number[], part: number): number {
  const rank = Math.floor(values.length * part);
  for (const value of values) {
    let below = 0;
    let same = 0;
    for (const other of values) {
      if (other < value) below++;
      else if (other === value) same++;
    }
    if (below <= rank && rank < below + same) return value;
  }
  return values[0]!;
}

function keep<T>(values: T[], value: T, most: number): void {
  values.push(value);
  if (values.length > most) values.shift();
}
