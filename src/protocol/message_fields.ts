import { type Envelope, isObject, type JsonFields, ownField, readField, refOf } from "./envelope.ts";
import { isPlainName, PLAIN_NAME_WORDS } from "./text_rule.ts";
import { VoxcastError } from "./voxcast_error.ts";

/**
 * Readers of the fields of a message. Each takes the field's names, that of the documentation first, and answers undefined
 * if it is absent or null everywhere. Nothing is coerced: a number in a string is refused.
 * All throw VoxcastError INVALID_FIELD with the field's name and what it must be, or CONFLICTING_FIELD.
 */

/** Longest name of a client, world or stream, and longest `ping_id`. */
export const MAX_NAME_CHARS = 256;

/** A name of 1 to `MAX_NAME_CHARS` characters that are all visible. */
export function readName(envelope: Envelope, ...names: readonly string[]): string | undefined {
  const value = readText(envelope, MAX_NAME_CHARS, ...names);
  if (value !== undefined && !isPlainName(value)) {
    throw invalid(names[0]!, PLAIN_NAME_WORDS, envelope);
  }
  return value;
}

/** As `readName`, for a field that must be there. @throws {VoxcastError} also MISSING_FIELD */
export function requireName(envelope: Envelope, ...names: readonly string[]): string {
  const value = readName(envelope, ...names);
  if (value === undefined) throw missing(names[0]!, envelope);
  return value;
}

/** A text of 1 to `maxChars` characters that is never shown to anybody, such as a secret. */
export function readText(
  envelope: Envelope,
  maxChars: number,
  ...names: readonly string[]
): string | undefined {
  const value = readField(envelope, ...names);
  if (value === undefined) return undefined;
  if (typeof value !== "string" || value.length === 0 || value.length > maxChars) {
    throw invalid(names[0]!, `a string of 1 to ${maxChars} characters`, envelope);
  }
  return value;
}

/** The world that the message is about. */
export function readWorld(envelope: Envelope): string | undefined {
  return readName(envelope, "world", "room_id", "session_id");
}

export function readFlag(envelope: Envelope, ...names: readonly string[]): boolean | undefined {
  const value = readField(envelope, ...names);
  if (value === undefined || typeof value === "boolean") return value;
  throw invalid(names[0]!, "true or false", envelope);
}

export function readObject(envelope: Envelope, ...names: readonly string[]): JsonFields | undefined {
  const value = readField(envelope, ...names);
  if (value === undefined || isObject(value)) return value;
  throw invalid(names[0]!, "an object", envelope);
}

/**
 * `timestamp`, a finite number. Beside `type` every message may say when it was sent; so one in `data` or `payload` is
 * the field that is meant, and the two need not be equal.
 */
export function readTimestamp(envelope: Envelope): number | undefined {
  const value = envelope.places.length === 1
    ? ownField(envelope.places[0]!, "timestamp")
    : readField(inside(envelope), "timestamp") ?? readField(envelope, "timestamp");
  if (value === undefined || (typeof value === "number" && Number.isFinite(value))) return value;
  throw invalid("timestamp", "a finite number", envelope);
}

/** The envelope without the fields that stand beside `type`. */
export function inside(envelope: Envelope): Envelope {
  return { ...envelope, places: envelope.places.slice(0, -1) };
}

/** What a message repeats of its envelope. */
export function idOf(envelope: Envelope): { id?: string } {
  return envelope.id === undefined ? {} : { id: envelope.id };
}

export function missing(name: string, envelope: Envelope): VoxcastError {
  return new VoxcastError("MISSING_FIELD", `Missing '${name}' field`, refOf(envelope));
}

export function invalid(name: string, shape: string, envelope: Envelope): VoxcastError {
  return new VoxcastError("INVALID_FIELD", `Field '${name}' must be ${shape}`, refOf(envelope));
}
