import { type ErrorCode, type ErrorEntry, ERRORS } from "./errors.ts";
import { visibleText } from "./text_rule.ts";

/** One item of a bulk request that was refused. */
export interface ItemError {
  /** Position of the item in the request, from 0. */
  readonly index: number;
  /** Field of the item, as in `position.1`. */
  readonly path?: string;
  readonly code: ErrorCode;
  readonly message: string;
}

/** What may be said about an error beside its code and message. */
export interface VoxcastErrorOptions {
  /** Given on as whole milliseconds, rounded up. */
  readonly retryAfterMs?: number;
  readonly details?: readonly ItemError[];
  /** The `id` of the client's message that this answers. */
  readonly ref?: string;
  readonly cause?: unknown;
}

/**
 * An error that a client may see: its code is in the catalogue and its message leaks nothing about the server. Messages
 * may repeat what a client sent; characters of it that are not seen are escaped here, so that they are seen wherever the
 * message is shown.
 */
export class VoxcastError extends Error {
  override readonly name = "VoxcastError";
  readonly code: ErrorCode;
  readonly retryAfterMs?: number;
  readonly details?: readonly ItemError[];
  readonly ref?: string;

  constructor(code: ErrorCode, message: string, options: VoxcastErrorOptions = {}) {
    super(visibleText(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    if (options.retryAfterMs !== undefined) this.retryAfterMs = Math.ceil(options.retryAfterMs);
    if (options.details !== undefined) this.details = options.details.map(visibleItem);
    if (options.ref !== undefined) this.ref = options.ref;
  }

  /** What the catalogue says about the code. */
  get entry(): ErrorEntry {
    return ERRORS[this.code];
  }
}

function visibleItem(item: ItemError): ItemError {
  const { path, message } = item;
  const shown = visibleText(message);
  const shownPath = path === undefined ? undefined : visibleText(path);
  if (shown === message && shownPath === path) return item;
  return { ...item, message: shown, ...(shownPath === undefined ? {} : { path: shownPath }) };
}
