import type { Router } from "./router_type.ts";

interface RoutePattern {
  readonly method: string;
  readonly path: string;
  readonly matches: RegExp;
}

/** The declared routes, for what the router itself does not tell: which methods an address has, and its pattern. */
export class RouteTable {
  readonly #patterns: readonly RoutePattern[];

  constructor(router: Router) {
    const seen = new Map<string, RoutePattern>();
    // The router lists a route once for each of its validators.
    for (const { method, path } of router.routes) {
      const source = path.split("/").map((part) => part.startsWith(":") ? "[^/]+" : RegExp.escape(part)).join(
        "/",
      );
      seen.set(`${method} ${path}`, { method, path, matches: new RegExp(`^${source}$`) });
    }
    this.#patterns = [...seen.values()];
  }

  /** Every route as `METHOD /path/:name`. */
  list(): readonly string[] {
    return this.#patterns.map(({ method, path }) => `${method} ${path}`);
  }

  /** The methods of an address in alphabetical order; empty if there is nothing at it. */
  methodsOf(path: string): readonly string[] {
    const methods = new Set(this.#at(path).map(({ method }) => method));
    if (methods.has("GET")) methods.add("HEAD");
    return [...methods].sort();
  }

  /** The pattern that answers, `none` if none does; few values, so fit for a metric's label. */
  patternOf(method: string, path: string): string {
    const wanted = method === "HEAD" ? "GET" : method;
    return this.#at(path).find((route) => route.method === wanted)?.path ?? "none";
  }

  #at(path: string): readonly RoutePattern[] {
    return this.#patterns.filter(({ matches }) => matches.test(path));
  }
}
