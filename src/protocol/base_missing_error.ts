import { ProtocolError } from "./protocol_error.ts";

/**
 * A refinement or a delta that continues what the reader does not hold: another version, another level of detail, or
 * nothing at all. The bytes are in order; the region is to be asked for in full.
 */
export class BaseMissingError extends ProtocolError {
  override readonly name = "BaseMissingError";
}
