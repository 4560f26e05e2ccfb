/** What `trace.backend` asks for cannot be had; the message says why. */
export class TracerStartError extends Error {
  override readonly name = "TracerStartError";
}
