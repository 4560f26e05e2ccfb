import { type ErrorCategory, type ErrorEntry, ERRORS, isObject } from "../protocol/mod.ts";

/** The catalogue's categories, and `network` for what only this end knows. */
export type ClientErrorCategory = ErrorCategory | "network";

interface LocalEntry {
  readonly number: number;
  readonly category: ClientErrorCategory;
  readonly retryable: boolean;
}

/**
 * Errors that no server reports. Their numbers begin with 6, so that they are never taken for one of the
 * catalogue.
 */
export const LOCAL_ERRORS = {
  /** Nobody answers at the address. */
  UNREACHABLE: { number: 60001, category: "network", retryable: true },
  /** No answer came in time. */
  TIMEOUT: { number: 60002, category: "network", retryable: true },
  /** The connection went before the answer came. */
  CONNECTION_LOST: { number: 60003, category: "network", retryable: true },
  /** The client was closed by its own program. */
  CLOSED: { number: 60004, category: "network", retryable: false },
  /** More waits to be sent than the queue holds, or for longer than it may. */
  QUEUE_FULL: { number: 60005, category: "limit", retryable: true },
  /** The server sent what cannot be read. */
  MALFORMED: { number: 60006, category: "server", retryable: false },
  /** The server is there, but did not open the socket; why, only it knows. */
  NOT_OPENED: { number: 60007, category: "network", retryable: true },
} as const satisfies Readonly<Record<string, LocalEntry>>;

/** A name of {@linkcode LOCAL_ERRORS}. */
export type LocalErrorCode = keyof typeof LOCAL_ERRORS;

/** What an error says beside its message. */
export interface ClientErrorFields {
  /** A name of the server's catalogue, of its table of close codes, or of {@linkcode LOCAL_ERRORS}. */
  readonly code: string;
  /**
   * Five digits of the catalogue, or the four of a close code; 0 for a code that this client does not know.
   */
  readonly number: number;
  readonly category: ClientErrorCategory;
  /** Whether the same may succeed later without being changed. */
  readonly retryable: boolean;
  /** How long the server asks to wait before that. */
  readonly retryAfterMs?: number | undefined;
  /** The `id` of the message that it answers. */
  readonly ref?: string | undefined;
  readonly cause?: unknown;
}

/** Everything that goes wrong in a client is one of these. */
export class ClientError extends Error {
  override readonly name = "ClientError";
  readonly code: string;
  readonly number: number;
  readonly category: ClientErrorCategory;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly ref: string | undefined;

  constructor(message: string, fields: ClientErrorFields) {
    super(message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.code = fields.code;
    this.number = fields.number;
    this.category = fields.category;
    this.retryable = fields.retryable;
    this.retryAfterMs = fields.retryAfterMs;
    this.ref = fields.ref;
  }
}

/** An error that only this end knows of. */
export function localError(code: LocalErrorCode, message: string, cause?: unknown): ClientError {
  return new ClientError(message, { code, ...LOCAL_ERRORS[code], cause });
}

/** An error of the catalogue that this end finds before the server has to. */
export function catalogueError(code: keyof typeof ERRORS, message: string): ClientError {
  const { number, category, retryable } = ERRORS[code];
  return new ClientError(message, { code, number, category, retryable });
}

/**
 * Reads an error of the server: the `data` of ERROR, AUTH_FAILED and SUBSCRIBE_FAILED, or the body of an HTTP
 * answer (whose text is called `detail`). What the server leaves out is taken from the catalogue, if it is
 * known there.
 */
export function readError(value: unknown, fallback = "INTERNAL"): ClientError {
  const data = isObject(value) ? value : {};
  const code = typeof data.code === "string" ? data.code : fallback;
  const known = Object.hasOwn(ERRORS, code)
    ? (ERRORS as Readonly<Record<string, ErrorEntry>>)[code]
    : undefined;
  const text = [data.detail, data.message].find((part) => typeof part === "string") as string | undefined;
  return new ClientError(text ?? known?.summary ?? "Unknown error", {
    code,
    number: typeof data.number === "number" ? data.number : known?.number ?? 0,
    category: known?.category ?? "server",
    retryable: typeof data.retryable === "boolean" ? data.retryable : known?.retryable ?? false,
    retryAfterMs: typeof data.retry_after_ms === "number" ? data.retry_after_ms : undefined,
    ref: typeof data.ref === "string" ? data.ref : undefined,
  });
}

/** Anything thrown, as a ClientError. */
export function toClientError(error: unknown): ClientError {
  if (error instanceof ClientError) return error;
  return localError("MALFORMED", error instanceof Error ? error.message : String(error), error);
}
