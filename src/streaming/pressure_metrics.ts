/** Why a client was told that something is held back. */
export type PressureReason = "slow" | "memory" | "view";

/** How often clients were told of backpressure since the start, and what came of it. */
export interface PressureStats {
  /** Messages that something is held back. */
  readonly held: Readonly<Record<PressureReason, number>>;
  /** Messages that nothing is held back any more. */
  readonly released: Readonly<Record<PressureReason, number>>;
  /** Clients closed because they took nothing, and because their sockets failed again and again. */
  readonly closed: { readonly slow: number; readonly failing: number };
  /** Clients that are told to be slow now. */
  readonly slowClients: number;
}

/** Counts what clients are told of backpressure. */
export class PressureMetrics {
  readonly #told = { held: { slow: 0, memory: 0, view: 0 }, released: { slow: 0, memory: 0, view: 0 } };
  readonly #closed = { slow: 0, failing: 0 };

  /** A client was told. */
  told(state: "held" | "released", reason: PressureReason): void {
    this.#told[state][reason]++;
  }

  /** A client was closed. */
  closed(why: "slow" | "failing"): void {
    this.#closed[why]++;
  }

  /** @param slowClients clients that are told to be slow now, by their holder's own count */
  stats(slowClients: number): PressureStats {
    const { held, released } = this.#told;
    return { held: { ...held }, released: { ...released }, closed: { ...this.#closed }, slowClients };
  }
}
