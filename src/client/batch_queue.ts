import { Backoff } from "./backoff.ts";
import { systemTimers, type Timers } from "./timers.ts";

/** How items are gathered. Numbers that are not given are those in brackets. */
export interface BatchQueueOptions<Item extends object> {
  /** Hands a batch on; the items count as sent once it resolves, and are tried again if it rejects. */
  readonly flush: (items: readonly Item[]) => Promise<unknown>;
  /** Most items of a batch (50). */
  readonly batchSize?: number;
  /** Longest time that an item waits for others (200). */
  readonly flushIntervalMs?: number;
  /** Most items that wait (1,000). */
  readonly maxQueueSize?: number;
  /** Field with a number: higher ones go first, and are dropped last. Without it all items are alike. */
  readonly priorityField?: keyof Item & string;
  /** Field that says what an item is about: of two items about the same thing only the newer is sent. */
  readonly keyField?: keyof Item & string;
  /** What is wrong with an item, in words; it is then not taken. */
  readonly problemOf?: (item: Item) => string | undefined;
  /** Failed flushes after which an item is dropped (3). */
  readonly maxRetries?: number;
  readonly onDropped?: (item: Item, reason: "overflow" | "failed", error?: unknown) => void;
  readonly timers?: Timers;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
}

/** Counts since the queue was made. */
export interface BatchMetrics {
  /** Items taken. */
  readonly pushed: number;
  /** Items not taken, as something is wrong with them. */
  readonly invalid: number;
  /** Items whose place a newer one of their key took. */
  readonly replaced: number;
  readonly sent: number;
  /** Items dropped for want of room. */
  readonly overflowed: number;
  /** Items dropped after too many failed flushes. */
  readonly failed: number;
  readonly batches: number;
  readonly failedFlushes: number;
}

interface Entry<Item> {
  readonly item: Item;
  readonly key: unknown;
  readonly priority: number;
  readonly order: number;
  tries: number;
}

/** A failed item goes before new ones of nearly its priority, so that it is not put off for ever. */
const RETRY_PRIORITY = 10;
const RETRY_BASE_MS = 1000;
const RETRY_MAX_MS = 30_000;

/**
 * Gathers many small items into few messages: a batch goes when it is full or its first item has waited
 * `flushIntervalMs`, one at a time. What is taken, replaced, sent and dropped adds up: `pushed = replaced +
 * sent + overflowed + failed + what waits`. Pushing is O(1) until the queue is full, then O(waiting); a flush
 * is O(waiting log waiting).
 */
export class BatchQueue<Item extends object> {
  readonly #options: BatchQueueOptions<Item>;
  readonly #timers: Timers;
  readonly #backoff: Backoff;
  readonly #batchSize: number;
  readonly #flushIntervalMs: number;
  readonly #maxQueueSize: number;
  readonly #maxRetries: number;
  readonly #waiting = new Set<Entry<Item>>();
  readonly #byKey = new Map<unknown, Entry<Item>>();
  readonly #metrics = {
    pushed: 0,
    invalid: 0,
    replaced: 0,
    sent: 0,
    overflowed: 0,
    failed: 0,
    batches: 0,
    failedFlushes: 0,
  };
  #inFlight: readonly Entry<Item>[] = [];
  /** The flush under way; resolves to whether it went well. */
  #flight: Promise<boolean> | undefined;
  #timer: unknown;
  #isBackingOff = false;
  #order = 0;
  #isClosed = false;

  /** @throws {RangeError} if a number is not a whole one above 0 */
  constructor(options: BatchQueueOptions<Item>) {
    const { batchSize = 50, flushIntervalMs = 200, maxQueueSize = 1000, maxRetries = 3 } = options;
    for (const [name, value] of Object.entries({ batchSize, flushIntervalMs, maxQueueSize })) {
      if (!Number.isInteger(value) || value < 1) {
        throw new RangeError(`${name} must be a whole number above 0, not ${value}`);
      }
    }
    this.#options = options;
    this.#batchSize = batchSize;
    this.#flushIntervalMs = flushIntervalMs;
    this.#maxQueueSize = maxQueueSize;
    this.#maxRetries = maxRetries;
    this.#timers = options.timers ?? systemTimers;
    const random = options.random ?? Math.random;
    this.#backoff = new Backoff({ baseMs: RETRY_BASE_MS, maxMs: RETRY_MAX_MS, random });
  }

  /** Items that wait, those on their way not counted. */
  get length(): number {
    return this.#waiting.size;
  }

  /** Items on their way. */
  get inFlight(): number {
    return this.#inFlight.length;
  }

  get metrics(): BatchMetrics {
    return { ...this.#metrics };
  }

  /** Takes an item. Returns what is wrong with it if it is not taken, else undefined. */
  push(item: Item): string | undefined {
    if (this.#isClosed) return "The queue is closed";
    const problem = this.#problemOf(item);
    if (problem !== undefined) {
      this.#metrics.invalid++;
      return problem;
    }
    this.#metrics.pushed++;
    const { keyField } = this.#options;
    const key = keyField === undefined ? undefined : item[keyField];
    this.#add({ item, key, priority: this.#priorityOf(item), order: ++this.#order, tries: 0 });
    this.#schedule();
    return undefined;
  }

  /**
   * Sends what waits without waiting for more, one batch after another. Resolves once nothing waits, or a
   * flush has failed.
   */
  async flush(): Promise<void> {
    while (this.#flight !== undefined || this.#waiting.size > 0) {
      if (!await (this.#flight ?? this.#flushBatch())) return;
    }
  }

  /** Takes nothing more and forgets what waits; a batch on its way is not called back. */
  close(): void {
    this.#isClosed = true;
    this.#timers.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting.clear();
    this.#byKey.clear();
  }

  #problemOf(item: Item): string | undefined {
    const { priorityField, keyField, problemOf } = this.#options;
    if (priorityField !== undefined && Number.isNaN(this.#priorityOf(item))) {
      return `${priorityField} must be a number`;
    }
    if (keyField !== undefined && item[keyField] === undefined) return `${keyField} is missing`;
    return problemOf?.(item);
  }

  #priorityOf(item: Item): number {
    const { priorityField } = this.#options;
    const value = priorityField === undefined ? 0 : item[priorityField] ?? 0;
    return typeof value === "number" ? value : NaN;
  }

  #add(entry: Entry<Item>): void {
    const older = entry.key === undefined ? undefined : this.#byKey.get(entry.key);
    if (older !== undefined) {
      this.#remove(older);
      this.#metrics.replaced++;
    }
    this.#waiting.add(entry);
    if (entry.key !== undefined) this.#byKey.set(entry.key, entry);
    if (this.#waiting.size > this.#maxQueueSize) this.#overflow();
  }

  /** Drops the oldest of the lowest priority. */
  #overflow(): void {
    let worst: Entry<Item> | undefined;
    for (const entry of this.#waiting) if (worst === undefined || isWorse(entry, worst)) worst = entry;
    this.#remove(worst!);
    this.#metrics.overflowed++;
    this.#options.onDropped?.(worst!.item, "overflow");
  }

  #remove(entry: Entry<Item>): void {
    this.#waiting.delete(entry);
    if (entry.key !== undefined) this.#byKey.delete(entry.key);
  }

  /**
   * A full batch goes now, any other once its time has come; while one is on its way, or after a failure, the
   * next one waits.
   */
  #schedule(): void {
    if (this.#isClosed || this.#waiting.size === 0 || this.#flight !== undefined || this.#isBackingOff) {
      return;
    }
    if (this.#waiting.size >= this.#batchSize) void this.#flushBatch();
    else this.#timer ??= this.#timers.setTimeout(() => void this.#flushBatch(), this.#flushIntervalMs);
  }

  #flushBatch(): Promise<boolean> {
    this.#timers.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isBackingOff = false;
    const batch = [...this.#waiting].sort((a, b) => b.priority - a.priority || a.order - b.order)
      .slice(0, this.#batchSize);
    for (const entry of batch) this.#remove(entry);
    this.#inFlight = batch;
    return this.#flight = this.#handOn(batch);
  }

  async #handOn(batch: readonly Entry<Item>[]): Promise<boolean> {
    let failure: { readonly error: unknown } | undefined;
    try {
      await this.#options.flush(batch.map(({ item }) => item));
    } catch (error) {
      failure = { error };
    }
    this.#inFlight = [];
    this.#flight = undefined;
    if (failure !== undefined) {
      this.#failed(batch, failure.error);
      return false;
    }
    this.#metrics.batches++;
    this.#metrics.sent += batch.length;
    this.#backoff.reset();
    this.#schedule();
    return true;
  }

  #failed(batch: readonly Entry<Item>[], error: unknown): void {
    this.#metrics.failedFlushes++;
    if (this.#isClosed) return;
    for (const entry of batch) {
      if (entry.key !== undefined && this.#byKey.has(entry.key)) this.#metrics.replaced++;
      else if (entry.tries >= this.#maxRetries) {
        this.#metrics.failed++;
        this.#options.onDropped?.(entry.item, "failed", error);
      } else {
        this.#add({ ...entry, priority: entry.priority + RETRY_PRIORITY, tries: entry.tries + 1 });
      }
    }
    if (this.#waiting.size === 0) return;
    this.#isBackingOff = true;
    const floorMs = (error as { retryAfterMs?: unknown } | null)?.retryAfterMs;
    const delayMs = this.#backoff.nextDelayMs(typeof floorMs === "number" ? floorMs : 0);
    this.#timer = this.#timers.setTimeout(() => void this.#flushBatch(), delayMs);
  }
}

function isWorse<Item>(a: Entry<Item>, b: Entry<Item>): boolean {
  return a.priority === b.priority ? a.order < b.order : a.priority < b.priority;
}
