import { ERRORS, VoxcastError } from "../protocol/mod.ts";

/** What a client may see of an error: one that was not made for it is reported, and INTERNAL is what it gets. */
export function knownError(given: unknown, onUnexpected: (error: unknown) => void): VoxcastError {
  if (given instanceof VoxcastError) return given;
  onUnexpected(given);
  return new VoxcastError("INTERNAL", ERRORS.INTERNAL.summary);
}
