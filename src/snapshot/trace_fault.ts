import { invalidViewport, VoxcastError } from "../protocol/mod.ts";
import { LateRegionsError } from "../streaming/mod.ts";
import { TraceError } from "../trace/mod.ts";

/** A picture or a pick took longer than it may: another try can help. */
export class LateTraceError extends VoxcastError {
  constructor(message: string) {
    super("BUSY", message);
  }
}

/** Whether the server was too slow, as opposed to the client too fast. */
export function isLate(error: unknown): error is LateRegionsError | LateTraceError {
  return error instanceof LateRegionsError || error instanceof LateTraceError;
}

/** What a client is told of an error of the tracer; others come back as they are. */
export function asClientError(error: unknown): unknown {
  // The tracer's words for a camera or a ray that cannot be used.
  if (error instanceof RangeError) return invalidViewport(error.message);
  if (!(error instanceof TraceError)) return error;
  const { kind, message } = error;
  switch (kind) {
    case "busy":
      return new VoxcastError("BUSY", message, { cause: error });
    case "too-large":
      return new VoxcastError("PAYLOAD_TOO_LARGE", message, { cause: error });
    case "timeout":
      return new LateTraceError(message);
    case "closed":
      return new VoxcastError("SHUTTING_DOWN", message, { cause: error });
    case "failed":
      return new VoxcastError("INTERNAL", message, { cause: error });
  }
}
