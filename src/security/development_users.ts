import { isLoopback } from "../config/mod.ts";
import type { Clock, Logger } from "../observe/mod.ts";
import { isPlainName, visibleText } from "../protocol/mod.ts";
import { AuthFailure } from "./auth_failure.ts";
import type { Peer } from "./peer.ts";
import { ANONYMOUS, type Principal } from "./principal.ts";

const MAX_NAME_CHARS = 128;
/** Least time between two warnings. */
const WARN_INTERVAL_MS = 60_000;

export interface DevelopmentUsersOptions {
  /** Whether no credential is set up and the server is bound to loopback. */
  readonly isAllowed: boolean;
  readonly clock: Pick<Clock, "monotonic">;
  readonly logger: Logger;
}

/**
 * Who people are where no credential is set up: everybody on this machine is ANONYMOUS, and who opens a socket with
 * `?user_id=` (and `?client_id=`, for the log) goes by that name, unproved. Nobody from elsewhere is anybody.
 */
export class DevelopmentUsers {
  readonly #options: DevelopmentUsersOptions;
  #warnedMs = -Infinity;

  constructor(options: DevelopmentUsersOptions) {
    this.#options = options;
  }

  /** @throws {AuthFailure} if `user_id` is no name, or comes from another machine */
  ofRequest(request: Request, peer: Peer): Principal | undefined {
    const { searchParams } = new URL(request.url);
    const userId = peer.opensSocket ? searchParams.get("user_id") : null;
    if (userId === null) return this.#isHere(peer) ? ANONYMOUS : undefined;
    if (!this.#isHere(peer)) throw new AuthFailure("development-user");
    if (userId === "" || userId.length > MAX_NAME_CHARS || !isPlainName(userId)) {
      throw new AuthFailure("malformed");
    }
    this.#warn(userId, searchParams.get("client_id"));
    return { ...ANONYMOUS, id: `user:${userId}`, method: "development" };
  }

  /** Where nothing is set up there is nothing to compare a credential with: whoever shows one is let in like the others. */
  ofMessage(peer: Peer): Principal {
    if (!this.#isHere(peer)) throw new AuthFailure("development-user");
    return ANONYMOUS;
  }

  #isHere({ address }: Peer): boolean {
    return this.#options.isAllowed && isLoopback(address);
  }

  #warn(userId: string, clientId: string | null): void {
    const { clock, logger } = this.#options;
    if (clock.monotonic() - this.#warnedMs < WARN_INTERVAL_MS) return;
    this.#warnedMs = clock.monotonic();
    logger.warn("auth.development_user", {
      userId,
      ...(clientId === null ? {} : { clientId: visibleText(clientId.slice(0, MAX_NAME_CHARS)) }),
      advice: "anybody on this machine may say so; set up a credential to have it proved",
    });
  }
}
