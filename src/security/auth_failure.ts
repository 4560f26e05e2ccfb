import { type ErrorCode, VoxcastError } from "../protocol/mod.ts";

interface FailureEntry {
  readonly code: ErrorCode;
  /** What the client is told: nothing that says how much of a guess was right. */
  readonly message: string;
  /** Whether it counts towards the lock-out of the address: what somebody who guesses would meet. */
  readonly counts: boolean;
}

const WRONG = "The credential is wrong";

/**
 * Every way in which a credential can fail, for statistics and logs. A client is told more than that it is wrong only
 * where that helps no guesser: about things that are judged before any secret, or after every secret was right.
 */
const FAILURES = {
  "wrong-key": wrong(WRONG),
  "wrong-signature": wrong(WRONG),
  "wrong-ticket": wrong("The ticket is wrong, used or expired"),
  "ticket-origin": wrong("The ticket is wrong, used or expired"),
  "ticket-world": wrong("The ticket is wrong, used or expired"),
  "wrong-token": wrong(WRONG),
  "token-algorithm": wrong("The token is signed in a way that is not taken here"),
  "token-type": wrong("The token is no access token"),
  "token-issuer": wrong("The token is not from the issuer that is trusted here"),
  "token-audience": wrong("The token is not for this server"),
  "token-claims": wrong("The token lacks a claim, or one of them has a value that is not taken here"),
  "token-early": wrong("The token is not valid yet"),
  "stale-timestamp": wrong("The timestamp is too old; compare the clocks of client and server"),
  "future-timestamp": wrong("The timestamp lies in the future; compare the clocks of client and server"),
  "replayed": wrong("The signature has been used before; sign a new timestamp"),
  "unsigned-key": wrong("A key is taken only with a timestamp and a signature"),
  "several": wrong("More than one credential was shown"),
  "user-mismatch": wrong("user_id is not the user of the token"),
  "malformed": wrong("The credential is malformed"),
  "query-token": told("UNAUTHORIZED", "A token in the address is not taken here; use a ticket"),
  "development-user": told("UNAUTHORIZED", "user_id alone is taken on the server's own machine only"),
  "expired": told("AUTH_EXPIRED", "The credential has expired"),
  "busy": told("BUSY", "Too many credentials are remembered at the moment"),
  "locked-out": told("LOCKED_OUT", "Too many credentials from this address were wrong"),
} as const satisfies Readonly<Record<string, FailureEntry>>;

/** Why a credential was refused. */
export type AuthFailureReason = keyof typeof FAILURES;

/** All reasons, in the order of statistics. */
export const AUTH_FAILURE_REASONS = Object.keys(FAILURES) as readonly AuthFailureReason[];

/** A refusal with its reason, which stays inside this folder: clients see `code` and `message`. */
export class AuthFailure extends VoxcastError {
  readonly reason: AuthFailureReason;

  constructor(reason: AuthFailureReason, options: { readonly retryAfterMs?: number } = {}) {
    const { code, message } = FAILURES[reason];
    super(code, message, options);
    this.reason = reason;
  }

  /** Whether it counts towards the lock-out of the address. */
  get counts(): boolean {
    return FAILURES[this.reason].counts;
  }
}

function wrong(message: string): FailureEntry {
  return { code: "UNAUTHORIZED", message, counts: true };
}

function told(code: ErrorCode, message: string): FailureEntry {
  return { code, message, counts: false };
}
