import { echo, type Envelope, readField, refOf } from "./envelope.ts";
import { VoxcastError } from "./voxcast_error.ts";

/** The protocol version spoken here. */
export const PROTOCOL_VERSION = 1;
/** The same as INIT writes it. */
export const PROTOCOL_VERSION_TEXT = "1.0";

const INIT_VERSIONS: readonly unknown[] = [PROTOCOL_VERSION, "1", PROTOCOL_VERSION_TEXT];

/**
 * The version of a REGISTER_CLIENT: `protocol`, a number, 1 if it is absent.
 * @throws {VoxcastError} UNSUPPORTED_PROTOCOL that names the version spoken here
 */
export function readProtocol(envelope: Envelope): typeof PROTOCOL_VERSION {
  const given = readField(envelope, "protocol") ?? PROTOCOL_VERSION;
  if (given === PROTOCOL_VERSION) return PROTOCOL_VERSION;
  const shown = typeof given === "number" ? String(given) : "that is not a number";
  throw unsupported(shown, String(PROTOCOL_VERSION), envelope);
}

/**
 * Looks at the version of an INIT: `protocol_version` ("1.0", "1" or 1), `protocol` (1), or none.
 * @throws {VoxcastError} UNSUPPORTED_PROTOCOL that names the version spoken here
 */
export function checkInitVersion(envelope: Envelope): void {
  for (
    const given of [
      readField(envelope, "protocol_version", "protocolVersion"),
      readField(envelope, "protocol"),
    ]
  ) {
    if (given === undefined || INIT_VERSIONS.includes(given)) continue;
    const named = typeof given === "string" || typeof given === "number";
    throw unsupported(
      named ? echo(String(given)) : "that is no text or number",
      PROTOCOL_VERSION_TEXT,
      envelope,
    );
  }
}

function unsupported(given: string, supported: string, envelope: Envelope): VoxcastError {
  const message = `Protocol version ${given} is not supported, supported versions: ${supported}`;
  return new VoxcastError("UNSUPPORTED_PROTOCOL", message, refOf(envelope));
}
