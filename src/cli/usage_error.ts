/** A command line that cannot be followed; nothing was done. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
