import { VoxcastError } from "../protocol/mod.ts";
import { type Principal, requireAllowed } from "../security/mod.ts";
import { NEEDS_BY_PATTERN, type RouteNeed } from "./route_needs.ts";
import type { Router } from "./router_type.ts";

/**
 * Puts a guard before every declared route. It runs before parameters are checked or a body is read, and reads the name
 * of the world just as the handler will.
 *
 * @returns what to call once the routes are there; it throws for a route without a declaration, or the reverse
 */
export function addRouteGuards(router: Router): () => void {
  for (const [pattern, need] of NEEDS_BY_PATTERN) {
    const [method, path] = pattern.split(" ") as [string, string];
    router.on(method, path, async (context, next) => {
      requireNeed(need, context.env.principal, (name) => context.req.param(name));
      await next();
    });
  }
  const guards = router.routes.length;
  return () => requireDeclared(router.routes.slice(guards));
}

/**
 * Refuses who may not use a route.
 * @param worldOf the value of a parameter of the path
 * @throws {VoxcastError} UNAUTHORIZED without a principal, NOT_ALLOWED
 */
function requireNeed(
  { access, scope, inBand }: RouteNeed,
  principal: Principal | undefined,
  worldOf: (name: string) => string | undefined,
): void {
  if (access === "public" || (principal === undefined && inBand)) return;
  if (principal === undefined) throw noCredential();
  requireAllowed(
    principal,
    access,
    typeof scope === "string" ? scope : { world: worldOf(scope.world) ?? "" },
  );
}

/** What is said to whoever shows no credential, whether there is anything at the address or not. */
export function noCredential(): VoxcastError {
  return new VoxcastError(
    "UNAUTHORIZED",
    "This address needs a credential, shown as Authorization: Bearer KEY",
  );
}

/** @throws {Error} naming the routes */
function requireDeclared(routes: readonly { readonly method: string; readonly path: string }[]): void {
  const found = new Set(routes.map(({ method, path }) => `${method} ${path}`));
  const undeclared = [...found].filter((route) => !NEEDS_BY_PATTERN.has(route));
  const absent = [...NEEDS_BY_PATTERN.keys()].filter((route) => !found.has(route));
  if (undeclared.length > 0) {
    throw new Error(`Routes without an entry in ROUTE_NEEDS: ${undeclared.join(", ")}`);
  }
  if (absent.length > 0) throw new Error(`Entries of ROUTE_NEEDS without a route: ${absent.join(", ")}`);
}
