import { isAllowedOrigin } from "../security/mod.ts";
import { RATE_HEADERS } from "./http_limits.ts";

/** The same for every address, so that a preflight does not tell which addresses there are. */
const METHODS = "DELETE, GET, HEAD, PATCH, POST, PUT";
/** Headers that a page of an allowed origin may send. */
const REQUEST_HEADERS = "Authorization, Content-Type, Content-Encoding, If-None-Match";
/** Headers of ours that it may read. */
const ANSWER_HEADERS = ["Retry-After", "X-Request-Id", "ETag", "Location", "Allow", ...RATE_HEADERS].join(
  ", ",
);
/** Time for which a browser need not ask again. */
const MAX_AGE_SEC = 600;

/** Lets pages of listed origins read answers (the CORS protocol of the Fetch standard). Cookies play no part. */
export class Cors {
  readonly #origins: readonly string[];

  /** @param origins such as `https://app.example.com` */
  constructor(origins: readonly string[]) {
    this.#origins = origins;
  }

  /** The answer to a preflight of an allowed origin; undefined if the request is none. */
  preflight(request: Request): Response | undefined {
    if (request.method !== "OPTIONS" || !request.headers.has("access-control-request-method")) {
      return undefined;
    }
    if (this.#allowed(request) === undefined) return undefined;
    return new Response(null, {
      status: 204,
      headers: {
        "access-control-allow-methods": METHODS,
        "access-control-allow-headers": REQUEST_HEADERS,
        "access-control-max-age": String(MAX_AGE_SEC),
      },
    });
  }

  /** Lets the page that asked read an answer, if it is allowed to. */
  addHeaders(request: Request, headers: Headers): void {
    if (this.#origins.length === 0) return;
    headers.append("vary", "Origin");
    const origin = this.#allowed(request);
    if (origin === undefined) return;
    headers.set("access-control-allow-origin", origin);
    headers.set("access-control-expose-headers", ANSWER_HEADERS);
  }

  #allowed(request: Request): string | undefined {
    const origin = request.headers.get("origin");
    return origin !== null && isAllowedOrigin(origin, this.#origins) ? origin : undefined;
  }
}
