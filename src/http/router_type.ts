import type { OpenAPIHono } from "@hono/zod-openapi";
import { VoxcastError } from "../protocol/mod.ts";
import type { Principal } from "../security/mod.ts";

/** What travels with a request through the router. */
export interface RequestBindings {
  readonly requestId: string;
  /** IP address of the client, or the path of a local socket. */
  readonly remoteAddress: string;
  /** Who it is; undefined where no credential is needed and none was shown. */
  readonly principal: Principal | undefined;
}

/** The router; handlers find the request's bindings in `context.env`. */
export type Router = OpenAPIHono<{ Bindings: RequestBindings }>;

/** Who uses a route that is not public. The guard has seen to it, so the error cannot happen. */
export function principalOf({ env }: { readonly env: RequestBindings }): Principal {
  if (env.principal === undefined) {
    throw new VoxcastError("INTERNAL", "A guarded route was reached without a principal");
  }
  return env.principal;
}
