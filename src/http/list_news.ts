import type { Clock } from "../observe/mod.ts";
import type { RegionKey } from "../space/mod.ts";
import type { World, Worlds } from "../world/mod.ts";
import { LookLine } from "./look_line.ts";
import { WorldNews, type WorldNewsItem } from "./world_news.ts";

/** Somebody who waits for a list of what a camera sees to become another one. */
export interface ListWait<List extends SeenList> {
  readonly world: World;
  readonly waitMs: number;
  /** The asker is gone when it aborts. */
  readonly signal: AbortSignal;
  /** The list as it is. */
  readonly look: () => List;
}

/** What a camera sees. */
export interface SeenList {
  readonly keys: readonly RegionKey[];
}

/**
 * Has those who wait for lists look again when what they see may have changed: at most ten times a second each, and all
 * together within a fifth of a core, one after the other.
 */
export class ListNews {
  readonly #worlds: Worlds;
  readonly #clock: Clock;
  readonly #line: LookLine;
  readonly #news = new WeakMap<World, WorldNews>();

  constructor({ worlds, clock }: { readonly worlds: Worlds; readonly clock: Clock }) {
    this.#worlds = worlds;
    this.#clock = clock;
    this.#line = new LookLine(clock);
  }

  /** Begins to listen; the first look is the caller's, so that nothing is missed between the two. */
  wait<List extends SeenList>({ world, waitMs, signal, look }: ListWait<List>): WaitedList<List> {
    const ends: (() => void)[] = [];
    const waited = new WaitedList(look, this.#line, ends);
    const end = (): void => waited.end();
    const timer = this.#clock.setTimeout(end, waitMs);
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
    const news = this.#news.get(world) ?? new WorldNews(world, this.#clock);
    this.#news.set(world, news);
    ends.push(
      () => this.#clock.clearTimeout(timer),
      () => signal.removeEventListener("abort", end),
      this.#worlds.onDelete((gone) => gone === world && end()),
      news.subscribe((item) => waited.hear(item)),
    );
    return waited;
  }
}

/** A list that is waited for. Dispose of it to listen no more. */
export class WaitedList<List extends SeenList> implements Disposable {
  readonly #take: () => List;
  readonly #line: LookLine;
  readonly #ends: readonly (() => void)[];
  readonly #look = (): void => this.#lookAgain();
  /** What is seen; undefined as long as nobody knows. */
  #keys: ReadonlySet<RegionKey> | undefined;
  /** News that may concern the list; "any" if there was more than one piece of it. */
  #unread: WorldNewsItem | "any" | undefined;
  #isOver = false;
  #settle: PromiseWithResolvers<List | undefined> | undefined;

  constructor(take: () => List, line: LookLine, ends: readonly (() => void)[]) {
    this.#take = take;
    this.#line = line;
    this.#ends = ends;
  }

  /** The list after the next news that may concern it, the same or not; undefined if none came in time. */
  next({ keys }: List): Promise<List | undefined> {
    this.#keys ??= new Set(keys);
    const settle = this.#settle = Promise.withResolvers();
    if (this.#isOver) settle.resolve(undefined);
    else if (this.#unread !== undefined) this.#line.add(this.#look);
    return settle.promise;
  }

  /** Something has changed. */
  hear(item: WorldNewsItem): void {
    this.#unread = this.#unread === undefined ? item : "any";
    if (this.#settle !== undefined && !this.#isOver) this.#line.add(this.#look);
  }

  /** The time is over. */
  end(): void {
    this.#isOver = true;
    this.#line.delete(this.#look);
    this.#settle?.resolve(undefined);
  }

  [Symbol.dispose](): void {
    for (const end of this.#ends) end();
    this.#line.delete(this.#look);
  }

  /** To find out whether the news is about what is seen takes time too, so that is done in line. */
  #lookAgain(): void {
    const news = this.#unread!;
    this.#unread = undefined;
    if (news !== "any" && !news.hasAppeared && this.#keys!.isDisjointFrom(news.dirty)) return;
    const settle = this.#settle!;
    this.#settle = undefined;
    try {
      const list = this.#take();
      this.#keys = new Set(list.keys);
      settle.resolve(list);
    } catch (error) {
      settle.reject(error);
    }
  }
}
