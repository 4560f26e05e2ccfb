import { type Config, ConfigError, isDevelopment, isLoopback } from "../config/mod.ts";
import type { Clock, Logger, Random, TimerId } from "../observe/mod.ts";
import type { AuthCredential } from "../protocol/mod.ts";
import { AuthFailure } from "./auth_failure.ts";
import { AuthCounts, type AuthStats } from "./auth_stats.ts";
import { type CredentialSetup, readCredentialSetup } from "./credential_setup.ts";
import { DevelopmentUsers } from "./development_users.ts";
import { Lockout } from "./lockout.ts";
import type { Peer } from "./peer.ts";
import type { Principal } from "./principal.ts";
import { readRequestCredential, type ShownCredential } from "./request_credential.ts";
import { Signatures } from "./signatures.ts";
import { type TicketOptions, Tickets } from "./tickets.ts";

/** Time between two sweeps while anything is remembered. */
const SWEEP_MS = 10_000;

/** Turns credentials into principals. */
export interface Authenticator {
  /** No credential is set up: everybody on this machine is ANONYMOUS, or a development user. */
  readonly isOpen: boolean;
  /**
   * The principal of what a request shows: `Authorization: Bearer` with a key or JWT, or `Authorization: Voxcast` with a
   * signature; where it opens a socket also a subprotocol `voxcast.key.<base64url>`, `voxcast.token.<JWT>`,
   * `voxcast.ticket.<ticket>`, `voxcast.signed.<signature>`, `?ticket=`, and `?auth_token=` if allowed; in development
   * `?user_id=`. Undefined if it shows nothing. Reads neither body nor cookie.
   * Takes one SHA-256 and one comparison a key, or the check of one signature.
   * @throws {VoxcastError} UNAUTHORIZED, AUTH_EXPIRED, or LOCKED_OUT with `retryAfterMs`
   */
  ofRequest(request: Request, peer: Peer): Promise<Principal | undefined>;
  /**
   * The principal of an AUTH message, first or to go on after the first has expired.
   * @throws {VoxcastError} as `ofRequest`, and BUSY if a signature cannot be remembered now
   */
  ofMessage(credential: AuthCredential, peer: Peer): Promise<Principal>;
  /**
   * A ticket that opens one socket as this principal.
   * @throws {VoxcastError} BUSY when too many are out, NOT_ALLOWED if the principal may not enter the world or came by a
   * ticket itself
   */
  issueTicket(
    principal: Principal,
    options: TicketOptions,
  ): { readonly ticket: string; readonly expiresAtMs: number };
  /** Wrong credentials left before the lock-out of an address. */
  attemptsLeft(address: string): number;
  readonly stats: AuthStats;
  /** Forgets everything and leaves no timer. */
  [Symbol.dispose](): void;
}

/** What of the configuration authentication goes by. */
export type AuthConfig = Pick<Config, "host" | "security" | "limits">;

export interface AuthDeps {
  readonly clock: Clock;
  /** Where tickets come from: must be unguessable. */
  readonly random: Random;
  readonly logger: Logger;
}

/**
 * Reads the keys and secrets of the configuration and of its files, once.
 * @throws {ConfigError} naming what is wrong with a setting or file, and what was expected
 */
export async function createAuthenticator(config: AuthConfig, deps: AuthDeps): Promise<Authenticator> {
  const isOpen = isDevelopment(config);
  if (isOpen && config.security.requireAuth) {
    const message = "needs a credential: security.apiKey, apiKeys, keysFile, jwtSecret or jwksFile";
    throw new ConfigError([{ key: "security.requireAuth", place: "security", value: "true", message }]);
  }
  return new CheckedAuthenticator(config, isOpen, await readCredentialSetup(config, deps.logger), deps);
}

class CheckedAuthenticator implements Authenticator {
  readonly isOpen: boolean;
  readonly stats: AuthCounts = new AuthCounts();
  readonly #deps: AuthDeps;
  readonly #security: Config["security"];
  readonly #setup: CredentialSetup;
  readonly #signatures: Signatures;
  readonly #tickets: Tickets;
  readonly #lockout: Lockout;
  readonly #users: DevelopmentUsers;
  #timer: TimerId | undefined;

  constructor(
    { host, security, limits }: AuthConfig,
    isOpen: boolean,
    setup: CredentialSetup,
    deps: AuthDeps,
  ) {
    this.isOpen = isOpen;
    this.#deps = deps;
    this.#security = security;
    this.#setup = setup;
    this.#signatures = new Signatures(setup.keys, {
      windowMs: security.hmacWindowSec * 1000,
      requireHmac: security.requireHmac,
      maxEntries: limits.maxTrackedKeys,
    });
    const ticketRule = { ttlMs: security.ticketTtlSec * 1000, maxTickets: security.maxTickets };
    this.#tickets = new Tickets(ticketRule, deps.random);
    this.#lockout = new Lockout({
      maxFailures: security.maxAuthFailures,
      lockoutMs: security.authLockoutSec * 1000,
      maxKeys: limits.maxTrackedKeys,
    });
    this.#users = new DevelopmentUsers({ isAllowed: isOpen && isLoopback(host), ...deps });
  }

  async ofRequest(request: Request, peer: Peer): Promise<Principal | undefined> {
    return await this.#try(peer, async () => {
      if (this.isOpen) return this.#users.ofRequest(request, peer);
      const { opensSocket = false } = peer;
      const { allowQueryToken } = this.#security;
      const shown = readRequestCredential(request, { allowQueryToken, opensSocket });
      if (shown === undefined) return undefined;
      this.#refuseIfLocked(peer);
      const principal = await this.#check(shown, peer);
      if (opensSocket) requireSameUser(request, principal);
      return principal;
    });
  }

  async ofMessage(credential: AuthCredential, peer: Peer): Promise<Principal> {
    return await this.#try(peer, async () => {
      if (this.isOpen) return this.#users.ofMessage(peer);
      this.#refuseIfLocked(peer);
      return await this.#check(credential, peer);
    });
  }

  issueTicket(principal: Principal, options: TicketOptions): { ticket: string; expiresAtMs: number } {
    const { clock } = this.#deps;
    const ticket = this.#tickets.issue(principal, options, clock.monotonic());
    this.#sweepLater();
    return { ticket, expiresAtMs: clock.now() + this.#security.ticketTtlSec * 1000 };
  }

  attemptsLeft(address: string): number {
    return this.#lockout.attemptsLeft(address, this.#deps.clock.monotonic());
  }

  [Symbol.dispose](): void {
    if (this.#timer !== undefined) this.#deps.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #check(shown: AuthCredential | ShownCredential, peer: Peer): Promise<Principal> {
    const { clock } = this.#deps;
    switch (shown.kind) {
      case "bearer":
        return await this.#checkBearer(shown);
      case "api-key":
        return this.#signatures.checkKey(shown, clock.now());
      case "signed":
        return this.#signatures.checkSigned(shown, clock.now());
      case "ticket":
        return this.#current(this.#tickets.redeem(shown.ticket, peer, clock.monotonic()));
      case "token":
        return await this.#checkToken(shown.token);
    }
  }

  /** A key may look like a token, so it is tried as a key first. */
  async #checkBearer(
    { value, looksLikeToken }: Extract<ShownCredential, { kind: "bearer" }>,
  ): Promise<Principal> {
    const { tokens, keys } = this.#setup;
    if (tokens !== undefined && looksLikeToken && keys.find(value) === undefined) {
      return await this.#checkToken(value);
    }
    return this.#signatures.checkKey({ kind: "api-key", apiKey: value }, this.#deps.clock.now());
  }

  async #checkToken(token: string): Promise<Principal> {
    const { tokens } = this.#setup;
    if (tokens === undefined) throw new AuthFailure("wrong-token");
    return await tokens.check(token, this.#deps.clock.now());
  }

  /** A ticket of somebody whose own credential has ended in between opens nothing. */
  #current(principal: Principal): Principal {
    const { expiresAtMs } = principal;
    if (expiresAtMs !== undefined && this.#deps.clock.now() >= expiresAtMs) throw new AuthFailure("expired");
    return principal;
  }

  #refuseIfLocked({ address }: Peer): void {
    const leftMs = this.#lockout.leftMs(address, this.#deps.clock.monotonic());
    if (leftMs > 0) throw lockedOut(leftMs);
  }

  /** Counts and logs what became of one credential. */
  async #try<T extends Principal | undefined>(peer: Peer, check: () => Promise<T>): Promise<T> {
    try {
      const principal = await check();
      if (principal === undefined || principal.method === "none") return principal;
      // A token takes a turn of the event loop to check: others of this address may have been wrong in between.
      this.#refuseIfLocked(peer);
      this.stats.successes++;
      return principal;
    } catch (error) {
      throw error instanceof AuthFailure ? this.#failed(error, peer) : error;
    } finally {
      this.#sweepLater();
    }
  }

  /** Counts a refusal. What a locked address meets tells nothing about its credential. */
  #failed(failure: AuthFailure, { address }: Peer): AuthFailure {
    const { clock, logger } = this.#deps;
    const nowMs = clock.monotonic();
    const leftMs = this.#lockout.leftMs(address, nowMs);
    if (leftMs > 0) {
      this.stats.failures["locked-out"]++;
      return lockedOut(leftMs);
    }
    this.stats.failures[failure.reason]++;
    if (!failure.counts || this.isOpen) return failure;
    // At most maxAuthFailures lines an address and lock-out.
    logger.warn("auth.failed", { reason: failure.reason, address });
    if (this.#lockout.fail(address, nowMs)) {
      this.stats.lockouts++;
      logger.warn("auth.locked_out", { address, seconds: this.#security.authLockoutSec });
    }
    return failure;
  }

  #sweepLater(): void {
    if (this.#timer !== undefined || this.#remembered() === 0) return;
    this.#timer = this.#deps.clock.setTimeout(() => {
      this.#timer = undefined;
      const { clock } = this.#deps;
      this.#tickets.sweep(clock.monotonic());
      this.#lockout.sweep(clock.monotonic());
      this.#signatures.sweep(clock.now());
      this.#sweepLater();
    }, SWEEP_MS);
  }

  #remembered(): number {
    return this.#tickets.size + this.#lockout.size + this.#signatures.size;
  }
}

/** `?user_id=` beside a token must name the token's own user. */
function requireSameUser(request: Request, { id }: Principal): void {
  if (!id.startsWith("user:")) return;
  const userId = new URL(request.url).searchParams.get("user_id");
  if (userId !== null && id !== `user:${userId}`) throw new AuthFailure("user-mismatch");
}

function lockedOut(leftMs: number): AuthFailure {
  return new AuthFailure("locked-out", { retryAfterMs: Math.ceil(leftMs) });
}
