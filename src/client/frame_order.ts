import type { RegionKey } from "../space/mod.ts";

/** The place of one frame among those of its region. */
export interface Ticket {
  readonly key: RegionKey;
  readonly version: number;
  /** Counts frames as they come in, over all regions. */
  readonly order: number;
}

/**
 * Decides which frames may still be shown, however long each takes to decode: of one region the higher version counts,
 * and among those of one version (at different levels of detail) the one that came last. Versions only compare within one registration, so `reset` forgets them all.
 */
export class FrameOrder {
  readonly #newest = new Map<RegionKey, Ticket>();
  readonly #shown = new Map<RegionKey, Ticket>();
  #order = 0;
  /** Tickets up to this one were given before the last reset. */
  #void = 0;

  /** Takes note of a frame as it comes in. */
  arrived(key: RegionKey, version: number): Ticket {
    const ticket = { key, version, order: ++this.#order };
    const newest = this.#newest.get(key);
    if (newest === undefined || isBetter(ticket, newest)) this.#newest.set(key, ticket);
    return ticket;
  }

  /** True if decoding this frame is wasted: a better one of its region waits behind it, or it is of no use any more. */
  superseded(ticket: Ticket): boolean {
    return ticket.order <= this.#void || this.#newest.get(ticket.key) !== ticket;
  }

  /** True if the decoded frame is to be shown; later ones are then compared with it. */
  accept(ticket: Ticket): boolean {
    if (ticket.order <= this.#void) return false;
    const shown = this.#shown.get(ticket.key);
    if (shown !== undefined && isBetter(shown, ticket)) return false;
    this.#shown.set(ticket.key, ticket);
    return true;
  }

  /** Forgets everything, as at a new registration: tickets given before are worth nothing. */
  reset(): void {
    this.#void = this.#order;
    this.#newest.clear();
    this.#shown.clear();
  }
}

/** Whether `a` is to be shown rather than `b`, a frame of the same region. */
function isBetter(a: Ticket, b: Ticket): boolean {
  return a.version === b.version ? a.order > b.order : a.version > b.version;
}
