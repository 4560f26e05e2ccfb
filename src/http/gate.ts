import { isLoopback } from "../config/mod.ts";
import { VoxcastError } from "../protocol/mod.ts";
import {
  type Authenticator,
  isWebSocketUpgrade,
  originProblem,
  type OriginRule,
  type Peer,
  type Principal,
} from "../security/mod.ts";
import type { HttpDeps } from "./http_deps.ts";
import { type Counted, HttpLimits, type RequestClass } from "./http_limits.ts";
import { noCredential } from "./route_guard.ts";
import type { RouteNeed } from "./route_needs.ts";

/** A request on its way in, filled as it passes the gate; it goes on into the router. */
export interface Visit {
  readonly requestId: string;
  /** IP address of the client. */
  readonly remoteAddress: string;
  principal: Principal | undefined;
  /** How it was counted, if it was; also where it was refused for that. */
  counted: Counted | undefined;
}

/**
 * What every request passes before the router: the rules against pages of other sites, then the credential, then the
 * limits. Looks at the head only, so a refused request's body is never read.
 */
export class Gate {
  readonly #authenticator: Authenticator;
  readonly #limits: HttpLimits;
  readonly #originRule: OriginRule;

  constructor({ config, authenticator, limitStore, violations, clock }: HttpDeps) {
    this.#authenticator = authenticator;
    this.#limits = new HttpLimits({
      limits: config.limits,
      isOpen: authenticator.isOpen,
      store: limitStore,
      violations,
      clock,
    });
    this.#originRule = {
      // Where a credential is needed, a foreign name for this machine gains nothing.
      boundToLoopback: authenticator.isOpen && isLoopback(config.host),
      allowedOrigins: config.security.allowedOrigins,
    };
  }

  /**
   * Lets a request pass, or not. One with a wrong credential counts for its address, whatever is wrong with it.
   * @throws {VoxcastError} FORBIDDEN, UNAUTHORIZED, AUTH_EXPIRED, LOCKED_OUT, RATE_LIMITED, BANNED
   */
  async enter(request: Request, url: URL, need: RouteNeed, visit: Visit): Promise<void> {
    this.#requireOrigin(request);
    // The page's files: no limit counts for them and no credential opens more of them.
    if (need.limit === "exempt") return;
    const limit = need.waits && url.searchParams.has("wait") ? "longPolls" : need.limit;
    try {
      visit.principal = await this.#authenticator.ofRequest(request, peerOf(request, url, need, visit));
    } catch (error) {
      this.count(limit, visit);
      throw error;
    }
    this.count(limit, visit);
    if (visit.principal === undefined && need.access !== "public" && !need.inBand) throw noCredential();
  }

  /**
   * Lets a preflight pass, for which nobody shows a credential.
   * @throws {VoxcastError} FORBIDDEN, RATE_LIMITED
   */
  enterPreflight(request: Request, visit: Visit): void {
    this.#requireOrigin(request);
    this.count("preflights", visit);
  }

  /**
   * Counts a request for its principal, or its address if it has none.
   * @throws {VoxcastError} RATE_LIMITED, BANNED
   */
  count(name: RequestClass, visit: Visit): void {
    visit.counted = this.#limits.count(name, visit.remoteAddress, visit.principal);
    if (visit.counted !== undefined) this.#limits.requireGranted(visit.counted);
  }

  #requireOrigin(request: Request): void {
    const problem = originProblem(request, this.#originRule);
    if (problem !== undefined) throw new VoxcastError("FORBIDDEN", ORIGIN_TEXTS[problem]);
  }
}

const ORIGIN_TEXTS = {
  "foreign-origin": "A page of another site may not use this server",
  "foreign-host": "This server answers to the names of its own machine only",
} as const;

function peerOf(request: Request, url: URL, need: RouteNeed, { remoteAddress }: Visit): Peer {
  const origin = request.headers.get("origin");
  const world = url.searchParams.get("world");
  return {
    address: remoteAddress,
    ...(origin === null ? {} : { origin }),
    ...(world === null ? {} : { world }),
    ...(need.isSocket && request.method === "GET" && isWebSocketUpgrade(request)
      ? { opensSocket: true }
      : {}),
  };
}
