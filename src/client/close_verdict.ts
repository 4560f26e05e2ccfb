import { CLOSE_CODES, ERRORS, shouldReconnect } from "../protocol/mod.ts";
import { ClientError } from "./client_error.ts";

/**
 * What a closed socket means. `retryable` says whether to connect again, `message` can be shown, `code` is
 * the name in the table of close codes (CONNECTION_LOST for codes of the network).
 *
 * @param reported the last error that the server reported on this socket: where it is the one that this close
 * code stands for, it knows better, as a lock-out ends by itself and a wrong key does not
 */
export function closeVerdict(code: number, reason: string, reported?: ClientError): ClientError {
  if (reported !== undefined && closeCodeOf(reported.code) === code) return reported;
  const entry = Object.values(CLOSE_CODES).find((known) => known.code === code);
  return new ClientError(reason || entry?.reason || "The connection was lost", {
    code: entry?.name ?? "CONNECTION_LOST",
    number: code,
    category: "network",
    // A 1000 that this end did not ask for is a proxy's or the server's; only the program itself says a last
    // goodbye.
    retryable: code === 1000 || shouldReconnect(code),
    retryAfterMs: reported?.retryAfterMs,
  });
}

function closeCodeOf(code: string): number | undefined {
  return Object.entries(ERRORS).find(([name]) => name === code)?.[1].closeCode;
}
