import { STATUS_CODE } from "@std/http/status";
import { type ErrorCode, type ItemError, VoxcastError } from "../protocol/mod.ts";

/** Media type of every error body (RFC 9457). */
export const PROBLEM_JSON = "application/problem+json";
/** More item errors than this are counted, not listed: a refused patch of a million cells is not answered with as much. */
export const MAX_LISTED_ERRORS = 1000;

/** The body of an error answer. */
export interface Problem {
  /** `urn:voxcast:error:` and the code. */
  readonly type: string;
  /** The catalogue's summary of the code. */
  readonly title: string;
  readonly status: number;
  /** What happened this time. */
  readonly detail: string;
  readonly code: ErrorCode;
  readonly number: number;
  readonly retryable: boolean;
  readonly "retry_after_ms"?: number;
  /** The items that were refused, at most {@linkcode MAX_LISTED_ERRORS} of them. */
  readonly errors?: readonly ItemError[];
  /** How many there are in all. */
  readonly "error_count"?: number;
  /** The same as in the `X-Request-Id` header and in the server's log. */
  readonly "request_id": string;
}

/** What an answer may say beyond the catalogue. */
export interface ProblemOptions {
  /** In place of the catalogue's status, where HTTP has a more exact one. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Said with 429 and 503 where the error itself does not know better. */
const DEFAULT_RETRY_AFTER_MS = 5000;
const COME_AGAIN: readonly number[] = [STATUS_CODE.TooManyRequests, STATUS_CODE.ServiceUnavailable];

/** The `errors` of an answer, and how many there are in all. */
export function listedErrors(errors: readonly ItemError[]): { errors: ItemError[]; error_count: number } {
  return { errors: errors.slice(0, MAX_LISTED_ERRORS), error_count: errors.length };
}

/** An error that carries its own HTTP status and headers. */
export class HttpError extends VoxcastError {
  readonly options: ProblemOptions;

  constructor(code: ErrorCode, message: string, options: ProblemOptions) {
    super(code, message);
    this.options = options;
  }
}

/**
 * The answer to an error. Only the text of a {@linkcode VoxcastError} goes out; whatever else was thrown, and an INTERNAL
 * error, is answered without its text.
 */
export function problemResponse(error: unknown, requestId: string): Response {
  const known = error instanceof VoxcastError && error.code !== "INTERNAL"
    ? error
    : new VoxcastError("INTERNAL", "The server failed; the log holds the reason under the request id");
  const options = known instanceof HttpError ? known.options : {};
  const { entry } = known;
  const status = options.status ?? entry.httpStatus;
  const retryAfterMs = known.retryAfterMs ??
    (COME_AGAIN.includes(status) ? DEFAULT_RETRY_AFTER_MS : undefined);
  const problem: Problem = {
    type: `urn:voxcast:error:${known.code}`,
    title: entry.summary,
    status,
    detail: known.message,
    code: known.code,
    number: entry.number,
    retryable: entry.retryable,
    ...(retryAfterMs === undefined ? {} : { retry_after_ms: retryAfterMs }),
    ...(known.details === undefined ? {} : listedErrors(known.details)),
    "request_id": requestId,
  };
  const headers = new Headers({ ...options.headers, "content-type": PROBLEM_JSON });
  if (retryAfterMs !== undefined) {
    headers.set("retry-after", String(Math.max(1, Math.ceil(retryAfterMs / 1000))));
  }
  if (status === STATUS_CODE.Unauthorized) headers.set("www-authenticate", 'Bearer realm="voxcast"');
  return new Response(JSON.stringify(problem), { status, headers });
}
