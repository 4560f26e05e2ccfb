/** A scene that a device has no room for, in words. */
export class TooLargeError extends Error {
  override readonly name = "TooLargeError";
}
