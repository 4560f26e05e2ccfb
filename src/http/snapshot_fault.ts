import { STATUS_CODE } from "@std/http/status";
import { VoxcastError } from "../protocol/mod.ts";
import { isLate } from "../snapshot/mod.ts";
import { HttpError } from "./problem.ts";

/** The error of a picture or a pick as HTTP has it: 503 where the server was too slow. */
export function snapshotFault(error: unknown, signal: AbortSignal): unknown {
  if (isLate(error)) return new HttpError("BUSY", error.message, { status: STATUS_CODE.ServiceUnavailable });
  // Nobody reads it, and it is no fault of the server's.
  if (signal.aborted) return new VoxcastError("BUSY", "The client has gone");
  return error;
}
