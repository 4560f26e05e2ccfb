import type { Counter, Histogram } from "../observe/mod.ts";
import { VoxcastError } from "../protocol/mod.ts";
import { peerAddress } from "../security/mod.ts";
import { Cors } from "./cors.ts";
import { EndpointCache } from "./endpoint_cache.ts";
import { Gate, type Visit } from "./gate.ts";
import type { HttpDeps } from "./http_deps.ts";
import { addRateHeaders } from "./http_limits.ts";
import { problemResponse } from "./problem.ts";
import { createRouter } from "./router.ts";
import type { Router } from "./router_type.ts";
import { NO_ROUTE, type Route, RouteTable } from "./route_table.ts";
import { addSecurityHeaders } from "./security_headers.ts";

/** What a listener knows about a request beside the request. */
export interface RequestInfo {
  readonly remoteAddr: Deno.Addr;
}

/** The HTTP side of the server, without a listener. */
export interface HttpApp {
  /** Answers every request, with a problem if need be; never rejects. */
  fetch(request: Request, info: RequestInfo): Promise<Response>;
  /** From now on everything is answered with 503, also what is being rendered. May be called twice. */
  dispose(): void;
}

/**
 * Puts the HTTP side together. Each request passes, in this order: shutdown, the gate (pages of other sites, credential,
 * limits), the guard of its route (role, world), its handler. Nothing before the handler reads a body or upgrades a
 * socket, and a refused request never reaches it.
 */
export function createHttpApp(deps: HttpDeps): HttpApp {
  return new App(deps);
}

class App implements HttpApp {
  readonly #deps: HttpDeps;
  readonly #cache: EndpointCache;
  readonly #router: Router;
  readonly #routes: RouteTable;
  readonly #gate: Gate;
  readonly #cors: Cors;
  readonly #requests: Counter<"method" | "route" | "status">;
  readonly #durations: Histogram;
  readonly #idPrefix: string;
  #lastId = 0;
  #disposed = false;

  constructor(deps: HttpDeps) {
    const { config, clock, metrics } = deps;
    this.#deps = deps;
    this.#cache = new EndpointCache(clock, config.performance.endpointCacheExpireSec * 1000);
    this.#router = createRouter(deps, this.#cache);
    this.#routes = new RouteTable(this.#router);
    this.#gate = new Gate(deps);
    this.#cors = new Cors(config.security.allowedOrigins);
    this.#requests = metrics.counter("voxcast_http_requests_total", "Requests", [
      "method",
      "route",
      "status",
    ]);
    this.#durations = metrics.histogram("voxcast_http_request_ms", "Time from a request to its answer");
    this.#idPrefix = clock.now().toString(36);
  }

  fetch = async (request: Request, info: RequestInfo): Promise<Response> => {
    const { config, clock, logger } = this.#deps;
    const startMs = clock.monotonic();
    // Of a broken Host header the runtime makes an address that is none.
    const url = URL.parse(request.url);
    const path = url?.pathname ?? "";
    const visit: Visit = {
      requestId: `${this.#idPrefix}-${(++this.#lastId).toString(36)}`,
      remoteAddress: peerAddress(request, addressOf(info.remoteAddr), config.security.trustProxy),
      principal: undefined,
      counted: undefined,
    };
    const route = url === null ? NO_ROUTE : this.#routes.find(request.method, path);
    const response = await this.#answer(request, url, route, visit);
    // The answer to an upgrade is the runtime's own object and must stay it.
    if (response.status !== 101) {
      const { headers } = response;
      addSecurityHeaders(headers);
      this.#cors.addHeaders(request, headers);
      if (visit.counted !== undefined) addRateHeaders(headers, visit.counted);
      headers.set("x-request-id", visit.requestId);
    }
    const { pattern } = route;
    const method = pattern === "none" ? "other" : request.method;
    this.#requests.inc({ method, route: pattern, status: response.status });
    this.#durations.observe(clock.monotonic() - startMs);
    logger.debug("request", {
      requestId: visit.requestId,
      method: request.method,
      path,
      status: response.status,
    });
    return response;
  };

  dispose = (): void => {
    this.#disposed = true;
    this.#cache.close();
  };

  async #answer(request: Request, url: URL | null, route: Route, visit: Visit): Promise<Response> {
    const { requestId } = visit;
    try {
      if (this.#disposed) throw new VoxcastError("SHUTTING_DOWN", "The server is stopping");
      if (url === null) {
        this.#gate.count("default", visit);
        throw new VoxcastError("INVALID_FIELD", "Host: expected a name or an IP address, and maybe a port");
      }
      const preflight = this.#cors.preflight(request);
      if (preflight !== undefined) {
        this.#gate.enterPreflight(request, visit);
        return preflight;
      }
      await this.#gate.enter(request, url, route.need, visit);
      return await this.#router.fetch(request, visit);
    } catch (error) {
      if (!(error instanceof VoxcastError)) {
        const path = url?.pathname;
        this.#deps.logger.error("request failed", { requestId, method: request.method, path, error });
      }
      return problemResponse(error, requestId);
    }
  }
}

function addressOf(address: Deno.Addr): string {
  if ("hostname" in address) return address.hostname;
  return "path" in address ? address.path : "";
}
