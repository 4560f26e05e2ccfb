import { type Config, isLoopback } from "../config/mod.ts";
import type { Clock } from "../observe/mod.ts";
import { VoxcastError } from "../protocol/mod.ts";
import {
  addressGroup,
  type BucketRule,
  type LimitStore,
  type Principal,
  type Take,
  type Violations,
} from "../security/mod.ts";

/** Kinds of requests that are counted apart. */
export type RequestClass =
  | "default"
  | "health"
  | "settings"
  | "regions"
  | "snapshots"
  | "pictures"
  | "picks"
  | "longPolls"
  | "ops"
  | "connects"
  | "preflights";

/** A request that was counted. */
export interface Counted {
  readonly rule: ClassRule;
  readonly take: Take;
  /** Whom it was counted for; undefined if for an address. */
  readonly identity: string | undefined;
}

/** What a class grants. */
export interface ClassRule extends BucketRule {
  readonly name: RequestClass;
  /** The `RateLimit-Policy` header. */
  readonly policy: string;
}

/** What {@linkcode HttpLimits} works with. */
export interface HttpLimitsOptions {
  readonly limits: Config["limits"];
  /** Nobody has a credential, so that this machine may be let off. */
  readonly isOpen: boolean;
  readonly store: LimitStore;
  /** Shared with the sockets, so that a ban holds everywhere. */
  readonly violations: Violations;
  readonly clock: Pick<Clock, "monotonic">;
}

/** The headers that {@linkcode addRateHeaders} sets. */
export const RATE_HEADERS: readonly string[] = [
  "RateLimit",
  "RateLimit-Policy",
  "RateLimit-Limit",
  "RateLimit-Remaining",
  "RateLimit-Reset",
];

/**
 * Counts requests by class: those with a credential by principal, others, and all connects, by address. Who keeps on
 * over a limit with a credential is banned for a while; an address never is, as others may share it.
 */
export class HttpLimits {
  readonly #options: HttpLimitsOptions;
  readonly #rules: Readonly<Record<RequestClass, ClassRule>>;
  readonly #sweepMs: number;
  #nextSweepMs: number;

  constructor(options: HttpLimitsOptions) {
    const { limits, clock } = options;
    const windowSec = limits.httpWindowSec;
    const rule = (name: RequestClass, requests: number): ClassRule => ({
      name,
      capacity: requests,
      perSecond: requests / windowSec,
      policy: `"${name}";q=${requests};w=${windowSec}`,
    });
    this.#options = options;
    this.#rules = {
      default: rule("default", limits.httpRequests),
      health: rule("health", limits.healthRequests),
      settings: rule("settings", limits.settingsRequests),
      regions: rule("regions", limits.regionRequests),
      snapshots: rule("snapshots", limits.snapshotRequests),
      pictures: rule("pictures", limits.pictureRequests),
      picks: rule("picks", limits.pickRequests),
      longPolls: rule("longPolls", limits.longPollRequests),
      ops: rule("ops", limits.opRequests),
      connects: rule("connects", limits.connects),
      // A browser may announce each edit by one.
      preflights: rule("preflights", limits.opRequests),
    };
    this.#sweepMs = windowSec * 1000;
    this.#nextSweepMs = clock.monotonic() + this.#sweepMs;
  }

  /**
   * Counts one request.
   * @returns undefined for who is let off
   * @throws {VoxcastError} BANNED, without counting it
   */
  count(name: RequestClass, address: string, principal: Principal | undefined): Counted | undefined {
    const { store, violations, clock } = this.#options;
    const nowMs = clock.monotonic();
    this.#sweep(nowMs);
    const identity = identityOf(principal);
    const banLeftMs = identity === undefined ? 0 : violations.banLeftMs(identity, nowMs);
    if (banLeftMs > 0) throw banned(banLeftMs);
    const rule = this.#rules[name];
    if (identity !== undefined && name !== "connects") {
      return { rule, take: store.take(`${name} principal ${identity}`, rule, nowMs), identity };
    }
    if (this.#isLetOff(address)) return undefined;
    const take = store.take(`${name} address ${addressGroup(address)}`, rule, nowMs);
    return { rule, take, identity: undefined };
  }

  /**
   * Refuses a request that was one too many, and takes note of who sent it.
   * @throws {VoxcastError} RATE_LIMITED, or BANNED for one that ends the server's patience
   */
  requireGranted({ take, rule, identity }: Counted): void {
    if (take.ok) return;
    const nowMs = this.#options.clock.monotonic();
    const verdict = identity === undefined ? "quiet" : this.#options.violations.record(identity, nowMs);
    if (verdict === "ban") throw banned(this.#options.violations.banLeftMs(identity!, nowMs));
    const warning = verdict === "warn" ? "; going on like this ends in a ban" : "";
    throw new VoxcastError(
      "RATE_LIMITED",
      `More than the ${rule.capacity} requests of the class "${rule.name}" that are granted${warning}`,
      { retryAfterMs: take.retryAfterMs },
    );
  }

  #isLetOff(address: string): boolean {
    const { isOpen, limits } = this.#options;
    return isOpen && limits.loopbackExempt && isLoopback(address);
  }

  /** Needs no timer: while no request comes, nothing is added either. */
  #sweep(nowMs: number): void {
    if (nowMs < this.#nextSweepMs) return;
    this.#nextSweepMs = nowMs + this.#sweepMs;
    this.#options.store.sweep(nowMs);
    this.#options.violations.sweep(nowMs);
  }
}

/**
 * Says how a request was counted, in the fields of the IETF's draft (`RateLimit-Policy`, `RateLimit`:
 * draft-ietf-httpapi-ratelimit-headers-10) and in the three older ones that most clients read. Times are seconds.
 */
export function addRateHeaders(headers: Headers, { rule, take }: Counted): void {
  const { remaining } = take;
  const resetSec = Math.ceil(take.fullInMs / 1000);
  headers.set("ratelimit-policy", rule.policy);
  headers.set("ratelimit", `"${rule.name}";r=${remaining};t=${resetSec}`);
  headers.set("ratelimit-limit", String(rule.capacity));
  headers.set("ratelimit-remaining", String(remaining));
  headers.set("ratelimit-reset", String(resetSec));
}

/** Who is meant by a principal, if it is one person's: nobody in particular is behind a server without credentials. */
function identityOf(principal: Principal | undefined): string | undefined {
  return principal === undefined || principal.method === "none" ? undefined : principal.id;
}

function banned(retryAfterMs: number): VoxcastError {
  return new VoxcastError(
    "BANNED",
    "Limits were exceeded so often that nothing is taken for a while: wait, then send less",
    { retryAfterMs },
  );
}
