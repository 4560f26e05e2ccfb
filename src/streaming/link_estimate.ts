/** One acknowledgement, with what was known when its newest message was sent. */
export interface AckSample {
  /** All bytes acknowledged. */
  readonly bytes: number;
  readonly nowMs: number;
  /** From when the message was sent until now. */
  readonly rttMs: number;
  /** Since the acknowledgement before; undefined when nothing was on its way between the two. */
  readonly gapMs: number | undefined;
  /** Rate of delivery while the message was on its way, in bytes a millisecond, and when that began to be measured. */
  readonly bytesPerMs: number;
  readonly fromMs: number;
  /** Whether the message met nothing of ours on its way. */
  readonly isClean: boolean;
}

/** Acknowledgements over which rate and gap are measured. */
const RECENT_ACKS = 8;
/**
 * The highest rate of so long counts: whenever either side is kept from running, less arrives than the link takes, and a
 * mean would lower the window, and the window the next mean, without an end (as in BBR, which takes a maximum, too).
 */
const RATE_MS = 600;
/** Clean round trips of which the jitter is told, and how many it takes. */
const RECENT_CLEAN = 5;
const LEAST_CLEAN = 3;
/** Jitter beyond this is not made up for. */
const MOST_JITTER_MS = 200;
/** Clients that acknowledge more seldom are not waited for. */
const MOST_GAP_MS = 1000;
/** A round trip so close to the least confirms it. */
const SAME_RTT_MS = 0.5;
/** What a client's acknowledgements tell of its link. */
export class LinkEstimate {
  readonly #acks: AckSample[] = [];
  readonly #cleanMs: number[] = [];
  /** Least round trips since the last look for it, and between the two before. */
  #leastMs = Infinity;
  #formerMs = Infinity;
  #confirmedAtMs = 0;
  #gapMs = 0;
  #bytesPerMs = 0;
  /** What the rate was found to be of late. */
  #rates: { readonly atMs: number; readonly bytesPerMs: number }[] = [];

  /** Round trip of the link without a queue, with the time that one message takes. */
  get leastRttMs(): number {
    return Math.min(this.#leastMs, this.#formerMs);
  }

  /** When a round trip was last as short as the least, or it began to be looked for anew. */
  get confirmedAtMs(): number {
    return this.#confirmedAtMs;
  }

  /** Least time between two acknowledgements of late: clients do not acknowledge each message at once. */
  get gapMs(): number {
    return this.#gapMs;
  }

  /** Rate of delivery in bytes a millisecond; 0 while unknown. */
  get bytesPerMs(): number {
    return this.#bytesPerMs;
  }

  /** How much longer than the least a round trip without a queue of ours may be: the second longest of the last few. */
  get jitterMs(): number {
    if (this.#cleanMs.length < LEAST_CLEAN) return 0;
    const sorted = this.#cleanMs.toSorted((a, b) => b - a);
    return Math.min(MOST_JITTER_MS, Math.max(0, sorted[1]! - this.leastRttMs));
  }

  /** Takes the round trip of an acknowledgement, whatever it tells of the rate. */
  measureRtt({ rttMs, isClean, nowMs }: AckSample): void {
    if (isClean) keep(this.#cleanMs, rttMs, RECENT_CLEAN);
    if (rttMs <= this.leastRttMs + SAME_RTT_MS) this.#confirmedAtMs = nowMs;
    this.#leastMs = Math.min(this.#leastMs, rttMs);
  }

  /** Takes one of a link that was kept busy. @param isQuick whether the newest measurement counts alone */
  measureRate(ack: AckSample, isQuick: boolean): void {
    const acks = this.#acks;
    keep(acks, ack, RECENT_ACKS);
    const gaps = acks.flatMap(({ gapMs }) => gapMs ?? []);
    if (gaps.length > 0) this.#gapMs = Math.min(MOST_GAP_MS, gaps.sort((a, b) => a - b)[gaps.length >> 1]!);
    const first = acks[0]!;
    const bytesPerMs = isQuick || first.nowMs >= ack.fromMs
      ? ack.bytesPerMs
      : (ack.bytes - first.bytes) / (ack.nowMs - first.nowMs);
    if (isQuick) this.#rates = [];
    this.#rates = this.#rates.filter(({ atMs }) => ack.nowMs - atMs < RATE_MS);
    this.#rates.push({ atMs: ack.nowMs, bytesPerMs });
    this.#bytesPerMs = this.#rates.reduce((most, rate) => Math.max(most, rate.bytesPerMs), 0);
  }

  /** The link was not kept busy: what was measured of its rate does not join what will be. */
  pause(): void {
    this.#acks.length = 0;
  }

  /** The rate was measured long ago: it counts for so many times less; Infinity: it is unknown again. */
  forgetRate(times: number): void {
    this.#bytesPerMs /= times;
    this.#rates = [];
  }

  /** Looks for the least round trip anew: what was measured before the last time that this was done counts no more. */
  renewRtt(nowMs: number): void {
    this.#formerMs = this.#leastMs;
    this.#leastMs = Infinity;
    this.#rates = [];
    this.#confirmedAtMs = nowMs;
  }
}

function keep<T>(values: T[], value: T, most: number): void {
  values.push(value);
  if (values.length > most) values.shift();
}
