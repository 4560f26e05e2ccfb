import type { Clock } from "../observe/mod.ts";
import { VoxcastError } from "../protocol/mod.ts";
import type { Principal, Violations } from "../security/mod.ts";
import type { AdmissionControl } from "./admission.ts";
import type { Caller } from "./caller.ts";
import type { Connection } from "./connection.ts";
import type { Profile } from "./profile.ts";
import { bannedError } from "./rate_guard.ts";
import { RefusedSockets, serverFull } from "./refused_sockets.ts";
import type { ConnectionRegistry, RegistryRefusal } from "./registry.ts";

/** What callers are told of when they are refused. */
export interface UpgradeLimits {
  readonly authTimeoutMs: number;
}

/** What an {@linkcode UpgradeGate} works with. */
export interface UpgradeGateOptions {
  readonly limits: UpgradeLimits;
  readonly violations: Violations;
  readonly admission: AdmissionControl;
  readonly connections: ConnectionRegistry;
  readonly clock: Clock;
}

/** Who a caller is and where it calls from: all that decides whether it gets a socket. */
export type CallerIdentity = Pick<Caller, "remoteAddress" | "principal">;

/** Decides who gets a socket, and refuses the others in the way that they can understand. */
export class UpgradeGate implements Disposable {
  readonly #options: UpgradeGateOptions;
  readonly #refusedSockets: RefusedSockets;
  readonly #refused: Record<RegistryRefusal, number> = { server: 0, address: 0, unauthenticated: 0 };
  #isShut = false;

  constructor(options: UpgradeGateOptions) {
    this.#options = options;
    this.#refusedSockets = new RefusedSockets(options.clock);
  }

  /** Callers that were refused since the start, by what they met. */
  get refused(): Readonly<Record<RegistryRefusal | "overloaded", number>> {
    return { ...this.#refused, overloaded: this.#options.admission.refused };
  }

  /** Sockets that were opened to be refused and have not ended yet. */
  get refusedSocketCount(): number {
    return this.#refusedSockets.size;
  }

  /**
   * The answer to a caller that gets no connection, or undefined for one that does. A full server's is a socket that is
   * closed at once.
   * @param upgrade makes that socket
   * @throws {VoxcastError} SHUTTING_DOWN, BANNED, OVERLOADED, AUTH_REQUIRED, ADDRESS_LIMIT, SERVER_FULL: refused without one
   */
  refusal(
    profile: Profile<Connection>,
    caller: CallerIdentity,
    upgrade: () => Deno.WebSocketUpgrade,
  ): Response | undefined {
    const { admission, clock } = this.#options;
    this.#requireAdmissible(profile, caller);
    admission.admit(clock.monotonic());
    const refusal = this.#boundMet(caller);
    if (refusal === undefined) return undefined;
    this.#refused[refusal]++;
    // Strangers are not worth a socket.
    if (refusal !== "server" || caller.principal === undefined) throw this.#refusalError(refusal);
    return this.#refusedSockets.refuse(caller.remoteAddress, upgrade);
  }

  /**
   * Looks whether a caller would be refused now, for clients that cannot see the answer to an upgrade.
   * @throws {VoxcastError} as {@linkcode UpgradeGate.refusal}
   */
  check(profile: Profile<Connection>, caller: CallerIdentity): void {
    const { admission, clock } = this.#options;
    this.#requireAdmissible(profile, caller);
    admission.check(clock.monotonic());
    const refusal = this.#boundMet(caller);
    if (refusal !== undefined) throw this.#refusalError(refusal);
  }

  /** Refuses everybody from now on. */
  [Symbol.dispose](): void {
    this.#isShut = true;
    this.#refusedSockets[Symbol.dispose]();
  }

  #requireAdmissible(profile: Profile<Connection>, { principal }: CallerIdentity): void {
    if (this.#isShut) throw new VoxcastError("SHUTTING_DOWN", "The server is stopping");
    if (principal === undefined && profile.credential === "before-upgrade") {
      throw new VoxcastError("AUTH_REQUIRED", `/ws/${profile.name} needs a credential before the upgrade`);
    }
    if (principal !== undefined) this.#requireNotBanned(principal);
  }

  /** A session that is banned is known by its token only, so it is refused at INIT. */
  #requireNotBanned({ id, method }: Principal): void {
    if (method === "none") return;
    const { violations, clock } = this.#options;
    const retryAfterMs = violations.banLeftMs(id, clock.monotonic());
    if (retryAfterMs > 0) throw bannedError(retryAfterMs);
  }

  #boundMet({ remoteAddress, principal }: CallerIdentity): RegistryRefusal | undefined {
    return this.#options.connections.refusalOf(remoteAddress, principal !== undefined);
  }

  #refusalError(refusal: RegistryRefusal): VoxcastError {
    switch (refusal) {
      case "server":
        return serverFull();
      case "address":
        return new VoxcastError("ADDRESS_LIMIT", "Too many connections are open from this address");
      case "unauthenticated":
        return new VoxcastError("ADDRESS_LIMIT", "Too many connections have not shown a credential yet", {
          retryAfterMs: this.#options.limits.authTimeoutMs,
        });
    }
  }
}
