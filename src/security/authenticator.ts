import { type Config, ConfigError, isDevelopment, isLoopback } from "../config/mod.ts";
import type { Clock, Logger, Random, TimerId } from "../observe/mod.ts";
import type { AuthCredential } from "../protocol/mod.ts";
import { AuthFailure } from "./auth_failure.ts";
import { AuthCounts, type AuthStats } from "./auth_stats.ts";
import { credentialMark } from "./credential_files.ts";
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
/** Ids of keys in one line of the log. */
const MAX_LOGGED_IDS = 20;

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
  /** Whether what a principal's credential was compared with still holds; a key may have been taken out of its file. */
  isCurrent(principal: Principal): boolean;
  /**
   * Reads the files of keys again if they are other than before, and goes by them from then on. Files that cannot be used are
   * logged, once, and change nothing. Never rejects.
   */
  reload(): Promise<void>;
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
 * Reads the keys and secrets of the configuration and of its files.
 * @throws {ConfigError} naming what is wrong with a setting or file, and what was expected
 */
export async function createAuthenticator(config: AuthConfig, deps: AuthDeps): Promise<Authenticator> {
  const isOpen = isDevelopment(config);
  if (isOpen && config.security.requireAuth) {
    const message = "needs a credential: security.apiKey, apiKeys, keysFile, jwtSecret or jwksFile";
    throw new ConfigError([{ key: "security.requireAuth", place: "security", value: "true", message }]);
  }
  // Before the files are read: what changes meanwhile is seen by the next look.
  const mark = await credentialMark(config.security);
  const setup = await readCredentialSetup(config, deps.logger);
  return new CheckedAuthenticator(config, { isOpen, setup, mark }, deps);
}

/** What an authenticator begins with. */
interface Beginning {
  readonly isOpen: boolean;
  readonly setup: CredentialSetup;
  /** The state of the files that it was read from. */
  readonly mark: string;
}

class CheckedAuthenticator implements Authenticator {
  readonly isOpen: boolean;
  readonly stats: AuthCounts = new AuthCounts();
  readonly #deps: AuthDeps;
  readonly #security: Config["security"];
  #setup: CredentialSetup;
  #mark: string;
  #reloading: Promise<void> | undefined;
  readonly #signatures: Signatures;
  readonly #tickets: Tickets;
  readonly #lockout: Lockout;
  readonly #users: DevelopmentUsers;
  #timer: TimerId | undefined;

  constructor(
    { host, security, limits }: AuthConfig,
    { isOpen, setup, mark }: Beginning,
    deps: AuthDeps,
  ) {
    this.isOpen = isOpen;
    this.#deps = deps;
    this.#security = security;
    this.#setup = setup;
    this.#mark = mark;
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

  isCurrent({ proof }: Principal): boolean {
    return proof === undefined || this.#setup.proofs.has(proof);
  }

  reload(): Promise<void> {
    return this.#reloading ??= this.#reload().finally(() => this.#reloading = undefined);
  }

  attemptsLeft(address: string): number {
    return this.#lockout.attemptsLeft(address, this.#deps.clock.monotonic());
  }

  [Symbol.dispose](): void {
    if (this.#timer !== undefined) this.#deps.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #reload(): Promise<void> {
    const { logger } = this.#deps;
    const mark = await credentialMark(this.#security);
    if (mark === this.#mark) return;
    this.#mark = mark;
    const before = this.#setup;
    try {
      this.#setup = await readCredentialSetup({ security: this.#security }, logger, before);
    } catch (error) {
      // The words of ConfigError quote nothing of a file; others' might.
      const reason = error instanceof ConfigError ? error.message : "the files cannot be used";
      logger.error("auth.keys_not_reloaded", { reason, advice: "the keys of before hold on" });
      return;
    }
    const { keys } = this.#setup;
    this.#signatures.replaceKeys(keys);
    const held = (id: string) => keys.byId(id)?.proof === before.keys.byId(id)?.proof;
    logger.info("auth.keys_reloaded", {
      keys: keys.ids.length,
      changed: [...new Set([...before.keys.ids, ...keys.ids])].filter((id) => !held(id)).slice(
        0,
        MAX_LOGGED_IDS,
      ),
    });
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
    const hasEnded = expiresAtMs !== undefined && this.#deps.clock.now() >= expiresAtMs;
    if (hasEnded || !this.isCurrent(principal)) throw new AuthFailure("expired");
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
