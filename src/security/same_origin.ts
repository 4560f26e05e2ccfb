import { isLoopback } from "../config/mod.ts";

/** Why a request is turned away before anything looks at it. */
export type OriginProblem = "foreign-origin" | "foreign-host";

/** What {@linkcode originProblem} must know about the server. */
export interface OriginRule {
  /** The address that the server is bound to listens to this machine only. */
  readonly boundToLoopback: boolean;
  /** Origins beside the server's own whose pages may use it, e.g. `https://app.example.com`. */
  readonly allowedOrigins?: readonly string[];
}

/**
 * Protects a server from pages of other sites that the same browser has open.
 * - `Origin`, where a browser sends it (every WebSocket upgrade, every request that may change something), must have
 *   the host and port of `Host` or be an allowed one; `null` (a sandboxed page, a file) is foreign.
 * - A server bound to loopback answers to loopback names only: a foreign name that was made to resolve to 127.0.0.1
 *   (DNS rebinding) would otherwise pass for the same origin.
 *
 * @returns what is wrong, or undefined
 */
export function originProblem(request: Request, rule: OriginRule): OriginProblem | undefined {
  const host = request.headers.get("host") ?? new URL(request.url).host;
  if (rule.boundToLoopback && !isLoopbackName(hostName(host))) return "foreign-host";
  const origin = request.headers.get("origin");
  if (origin === null || isSameOrigin(origin, host) || isAllowedOrigin(origin, rule.allowedOrigins ?? [])) {
    return undefined;
  }
  return "foreign-origin";
}

/**
 * Whether an `Origin` header names one of the allowed origins. Scheme, host and port must all be the same; letter case
 * and a default port written out make no difference, a longer or shorter host name does.
 */
export function isAllowedOrigin(origin: string, allowed: readonly string[]): boolean {
  const theirs = parse(origin)?.origin;
  return theirs !== undefined && theirs !== "null" && allowed.some((text) => parse(text)?.origin === theirs);
}

/** `localhost` and names below it always mean this very machine (RFC 6761), as the loopback addresses do. */
function isLoopbackName(name: string): boolean {
  return isLoopback(name) || /(?:^|\.)localhost\.?$/i.test(name);
}

function hostName(host: string): string {
  return parse(`http://${host}`)?.hostname ?? "";
}

function isSameOrigin(origin: string, host: string): boolean {
  const theirs = parse(origin);
  if (theirs === undefined || (theirs.protocol !== "http:" && theirs.protocol !== "https:")) return false;
  // Parsed with the same scheme, so that a default port counts as the same written out or left out.
  return parse(`${theirs.protocol}//${host}`)?.host === theirs.host;
}

function parse(text: string): URL | undefined {
  const url = URL.parse(text);
  return url === null || url.username !== "" || url.password !== "" || url.pathname !== "/" ? undefined : url;
}
