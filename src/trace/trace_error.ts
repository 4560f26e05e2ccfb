/**
 * Why nothing was traced: `busy` too much is waiting already, `too-large` the regions do not fit the budget, `timeout` it
 * took too long, `failed` its thread died again and again, `closed` the tracer has ended.
 */
export type TraceErrorKind = "busy" | "too-large" | "timeout" | "failed" | "closed";

/** A trace that was given up though nothing was wrong with the question; wrong questions are RangeErrors. */
export class TraceError extends Error {
  override readonly name = "TraceError";
  readonly kind: TraceErrorKind;

  constructor(kind: TraceErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
