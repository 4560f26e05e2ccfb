import { VoxcastError } from "../../src/protocol/mod.ts";
import {
  ANONYMOUS,
  AUTH_FAILURE_REASONS,
  type Authenticator,
  type AuthStats,
  keySubprotocol,
  type Peer,
  type Principal,
  type TicketOptions,
} from "../../src/security/mod.ts";

/** Knows principals by key, takes keys as the real one does, and gives tickets that say what was asked. */
export class FakeAuthenticator implements Authenticator {
  readonly isOpen: boolean;
  readonly stats: AuthStats = {
    successes: 0,
    failures: Object.fromEntries(AUTH_FAILURE_REASONS.map((reason) => [reason, 0])) as AuthStats["failures"],
    lockouts: 0,
  };
  /** Where the requests came from that were looked at. */
  readonly peers: Peer[] = [];
  /** Thrown at every credential, if set. */
  refusal: VoxcastError | undefined;
  readonly #keys: Readonly<Record<string, Principal>>;

  constructor(keys: Readonly<Record<string, Principal>>) {
    this.#keys = keys;
    this.isOpen = Object.keys(keys).length === 0;
  }

  ofRequest(request: Request, peer: Peer): Promise<Principal | undefined> {
    this.peers.push(peer);
    if (this.isOpen) return Promise.resolve(ANONYMOUS);
    const bearer = /^Bearer +(\S+) *$/i.exec(request.headers.get("authorization") ?? "")?.[1];
    const offered = peer.opensSocket ? request.headers.get("sec-websocket-protocol") ?? "" : "";
    const protocol = offered.split(/, */).find((name) => name.startsWith("voxcast."));
    if (bearer === undefined && protocol === undefined) return Promise.resolve(undefined);
    if (this.refusal !== undefined) return Promise.reject(this.refusal);
    for (const [key, principal] of Object.entries(this.#keys)) {
      if (key === bearer || keySubprotocol(key) === protocol) return Promise.resolve(principal);
    }
    return Promise.reject(new VoxcastError("UNAUTHORIZED", "The credential is wrong"));
  }

  ofMessage(): Promise<Principal> {
    return Promise.reject(new VoxcastError("UNAUTHORIZED", "The fake takes no messages"));
  }

  issueTicket(
    principal: Principal,
    { world, origin }: TicketOptions,
  ): { ticket: string; expiresAtMs: number } {
    return { ticket: [principal.id, world ?? "-", origin ?? "-"].join(" "), expiresAtMs: 30_000 };
  }

  isCurrent(): boolean {
    return true;
  }

  reload(): Promise<void> {
    return Promise.resolve();
  }

  attemptsLeft(): number {
    return 3;
  }

  [Symbol.dispose](): void {}
}
