import { CLOSE_CODES, shouldReconnect } from "../protocol/mod.ts";

/** What a closed socket means for the page. */
export interface CloseVerdict {
  readonly reconnect: boolean;
  /** In words that can be shown. */
  readonly reason: string;
  /** Name in the table of close codes; empty for codes of the network. */
  readonly code: string;
}

/** Reads the code and reason of a close event. */
export function closeVerdict(code: number, reason: string): CloseVerdict {
  const entry = Object.values(CLOSE_CODES).find((known) => known.code === code);
  return {
    // A 1000 that the page did not ask for is a proxy's or the server's; only the page itself says a last goodbye.
    reconnect: code === 1000 || shouldReconnect(code),
    reason: reason || entry?.reason || "The connection was lost",
    code: entry?.name ?? "",
  };
}
