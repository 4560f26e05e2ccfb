import { type ClientError, localError, readError } from "./client_error.ts";

/** Where a server is, and how to reach it. */
export interface ServerAddress {
  /** Address of the server with its path, ending in a slash; `http` or `https`. */
  readonly base: URL;
  /** World that the socket's address names, if it does. */
  readonly world: string | undefined;
  readonly fetch: typeof fetch;
}

/** Status of an answer that asks for a credential. */
export const UNAUTHORIZED = 401;

/** Makes a request. @throws {ClientError} UNREACHABLE if there is no answer */
export async function reach(address: ServerAddress, url: URL, init: RequestInit): Promise<Response> {
  try {
    return await address.fetch.call(globalThis, url.href, init);
  } catch (cause) {
    throw localError("UNREACHABLE", "The server cannot be reached", cause);
  }
}

/** The body of an answer as JSON; undefined if it is none. */
export async function readJson(response: Response): Promise<unknown> {
  try {
    return JSON.parse(await response.text());
  } catch {
    return undefined;
  }
}

/** The error of an answer: its body says it all, except where a proxy wrote it. */
export function httpError(response: Response, body: unknown): ClientError {
  const seconds = Number(response.headers.get("retry-after") ?? NaN);
  const fields = {
    ...(Number.isFinite(seconds) ? { retry_after_ms: seconds * 1000 } : {}),
    ...body as object,
  };
  return readError(
    { message: `The server answered with status ${response.status}`, ...fields },
    codeOf(response.status),
  );
}

function codeOf(status: number): string {
  if (status === UNAUTHORIZED) return "UNAUTHORIZED";
  if (status === 403) return "FORBIDDEN";
  if (status === 429) return "RATE_LIMITED";
  return status === 503 ? "OVERLOADED" : "INTERNAL";
}
