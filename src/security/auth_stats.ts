import { AUTH_FAILURE_REASONS, type AuthFailureReason } from "./auth_failure.ts";

/** What became of credentials since the start. */
export interface AuthStats {
  readonly successes: number;
  readonly failures: Readonly<Record<AuthFailureReason, number>>;
  /** How often an address was locked out. */
  readonly lockouts: number;
}

/** Counts what becomes of credentials. */
export class AuthCounts implements AuthStats {
  successes = 0;
  lockouts = 0;
  readonly failures: Record<AuthFailureReason, number> = Object.fromEntries(
    AUTH_FAILURE_REASONS.map((reason) => [reason, 0]),
  ) as Record<AuthFailureReason, number>;
}
