import { NEEDS_BY_PATTERN, type RouteNeed, UNKNOWN_ROUTE } from "./route_needs.ts";
import type { Router } from "./router_type.ts";

/** A route that answers. */
export interface Route {
  /** The path as it was declared, with `:name`; `none` if nothing answers. */
  readonly pattern: string;
  readonly need: RouteNeed;
}

interface Pattern extends Route {
  readonly method: string;
  readonly matches: RegExp;
}

/** What stands for no route. */
export const NO_ROUTE: Route = { pattern: "none", need: UNKNOWN_ROUTE };

/** The declared routes, for what the router itself does not tell: which methods an address has, and what it needs. */
export class RouteTable {
  readonly #patterns: readonly Pattern[];

  constructor(router: Router) {
    const seen = new Map<string, Pattern>();
    // The router lists a route once for each of its validators.
    for (const { method, path } of router.routes) {
      const source = path.split("/").map((part) => part.startsWith(":") ? "[^/]+" : RegExp.escape(part)).join(
        "/",
      );
      const need = NEEDS_BY_PATTERN.get(`${method} ${path}`) ?? UNKNOWN_ROUTE;
      seen.set(`${method} ${path}`, { method, pattern: path, need, matches: new RegExp(`^${source}$`) });
    }
    this.#patterns = [...seen.values()];
  }

  /** Every route as `METHOD /path/:name`. */
  list(): readonly string[] {
    return this.#patterns.map(({ method, pattern }) => `${method} ${pattern}`);
  }

  /** The methods of an address in alphabetical order; empty if there is nothing at it. */
  methodsOf(path: string): readonly string[] {
    const methods = new Set(
      this.#patterns.filter(({ matches }) => matches.test(path)).map(({ method }) => method),
    );
    if (methods.has("GET")) methods.add("HEAD");
    return [...methods].sort();
  }

  /** The route that answers; its pattern is one of few values, so fit for a metric's label. */
  find(method: string, path: string): Route {
    const wanted = method === "HEAD" ? "GET" : method;
    return this.#patterns.find((route) => route.method === wanted && route.matches.test(path)) ?? NO_ROUTE;
  }
}
