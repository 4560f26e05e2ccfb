import type { OpenAPIHono } from "@hono/zod-openapi";

/** What travels with a request through the router. */
export interface RequestBindings {
  readonly requestId: string;
  /** IP address of the peer, or the path of a local socket. */
  readonly remoteAddress: string;
}

/** The router; handlers find the request's bindings in `context.env`. */
export type Router = OpenAPIHono<{ Bindings: RequestBindings }>;
