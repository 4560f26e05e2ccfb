import { isLoopback } from "../config/mod.ts";
import type { Counter, Histogram } from "../observe/mod.ts";
import { VoxcastError } from "../protocol/mod.ts";
import { type ApiKeyCheck, createApiKeyCheck, originProblem, type OriginRule } from "../security/mod.ts";
import { EndpointCache } from "./endpoint_cache.ts";
import type { HttpDeps } from "./http_deps.ts";
import { problemResponse } from "./problem.ts";
import { createRouter } from "./router.ts";
import type { Router } from "./router_type.ts";
import { RouteTable } from "./route_table.ts";
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

/** What needs no key: the page, its files, and whether the server is well. */
function isPublic(path: string): boolean {
  return path === "/" || path.startsWith("/assets/") || path === "/api/health";
}

/**
 * Puts the HTTP side together. Each request passes, in this order: shutdown, then the API key or, without one, the rules
 * against other sites' pages, then the router. Nothing before the router reads a body or upgrades a socket, and a
 * refused request never reaches it.
 */
export function createHttpApp(deps: HttpDeps): HttpApp {
  return new App(deps);
}

class App implements HttpApp {
  readonly #deps: HttpDeps;
  readonly #cache: EndpointCache;
  readonly #router: Router;
  readonly #routes: RouteTable;
  readonly #apiKey: ApiKeyCheck | undefined;
  readonly #originRule: OriginRule;
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
    const { apiKey } = config.security;
    this.#apiKey = apiKey === undefined ? undefined : createApiKeyCheck(apiKey);
    this.#originRule = { boundToLoopback: isLoopback(config.host) };
    this.#requests = metrics.counter("voxcast_http_requests_total", "Requests", [
      "method",
      "route",
      "status",
    ]);
    this.#durations = metrics.histogram("voxcast_http_request_ms", "Time from a request to its answer");
    this.#idPrefix = clock.now().toString(36);
  }

  fetch = async (request: Request, info: RequestInfo): Promise<Response> => {
    const { clock, logger } = this.#deps;
    const startMs = clock.monotonic();
    const requestId = `${this.#idPrefix}-${(++this.#lastId).toString(36)}`;
    const path = new URL(request.url).pathname;
    const response = await this.#answer(request, path, requestId, addressOf(info.remoteAddr));
    // The answer to an upgrade is the runtime's own object and must stay it.
    if (response.status !== 101) {
      addSecurityHeaders(response.headers);
      response.headers.set("x-request-id", requestId);
    }
    const route = this.#routes.patternOf(request.method, path);
    const method = route === "none" ? "other" : request.method;
    this.#requests.inc({ method, route, status: response.status });
    this.#durations.observe(clock.monotonic() - startMs);
    logger.debug("request", { requestId, method: request.method, path, status: response.status });
    return response;
  };

  dispose = (): void => {
    this.#disposed = true;
    this.#cache.close();
  };

  async #answer(request: Request, path: string, requestId: string, remoteAddress: string): Promise<Response> {
    try {
      if (this.#disposed) throw new VoxcastError("SHUTTING_DOWN", "The server is stopping");
      this.#admit(request, path);
      return await this.#router.fetch(request, { requestId, remoteAddress });
    } catch (error) {
      if (!(error instanceof VoxcastError)) {
        this.#deps.logger.error("request failed", { requestId, method: request.method, path, error });
      }
      return problemResponse(error, requestId);
    }
  }

  /** Throws if the request may not come in. Looks at the headers only. */
  #admit(request: Request, path: string): void {
    if (this.#apiKey !== undefined) {
      if (isPublic(path) || this.#apiKey.admits(request)) return;
      throw new VoxcastError("UNAUTHORIZED", "This address needs the server's API key");
    }
    const problem = originProblem(request, this.#originRule);
    if (problem === undefined) return;
    throw new VoxcastError("FORBIDDEN", ORIGIN_TEXTS[problem]);
  }
}

const ORIGIN_TEXTS = {
  "foreign-origin": "A page of another site may not use this server",
  "foreign-host": "This server answers to the names of its own machine only",
} as const;

function addressOf(address: Deno.Addr): string {
  if ("hostname" in address) return address.hostname;
  return "path" in address ? address.path : "";
}
