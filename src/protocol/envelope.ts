import { repeatedKey } from "./repeated_key.ts";
import { isPlainName, PLAIN_NAME_WORDS } from "./text_rule.ts";
import { VoxcastError } from "./voxcast_error.ts";

/** Longest `id` that a message may carry. */
export const MAX_ID_CHARS = 128;
/** Longest text of a client that is repeated to it. */
const MAX_ECHO_CHARS = 64;
/** What a cut through a character beyond U+FFFF leaves of it. */
const HALF_CHARACTER = /[\ud800-\udbff]$/;

/** Where fields may be beside the message itself. */
const PLACES = ["data", "payload"] as const;

/** A JSON object as parsed, fields unchecked. */
export type JsonFields = Readonly<Record<string, unknown>>;

/** What every message has, whatever its type. */
export interface Envelope {
  /** As the client wrote it. */
  readonly type: string;
  /** Correlation id that replies repeat as `ref`. */
  readonly id?: string;
  /** The objects in which fields are looked for: `data`, `payload`, and the message itself. */
  readonly places: readonly JsonFields[];
}

/**
 * Reads what all messages share. Fields may be in `data`, in `payload`, or flat; a field found in several places must
 * have one value. Throws VoxcastError INVALID_JSON, MISSING_TYPE, INVALID_FIELD or CONFLICTING_FIELD.
 */
export function readEnvelope(text: string): Envelope {
  const message = parseObject(text);
  const id = readId(message);
  const type = ownField(message, "type");
  if (type === undefined) throw new VoxcastError("MISSING_TYPE", "Missing 'type' field", refOf({ id }));
  if (typeof type !== "string") {
    throw new VoxcastError("INVALID_FIELD", "Field 'type' must be a string", refOf({ id }));
  }
  const places: JsonFields[] = [];
  for (const name of PLACES) {
    const place = ownField(message, name);
    if (place === undefined) continue;
    if (!isObject(place)) {
      throw new VoxcastError("INVALID_FIELD", `Field '${name}' must be an object`, refOf({ id }));
    }
    places.push(place);
  }
  places.push(message);
  const repeated = repeatedKey(text, message);
  if (repeated !== undefined) throw conflict(repeated, refOf({ id }));
  return id === undefined ? { type, places } : { type, places, id };
}

/**
 * The value of a field under any of its names; undefined if it is absent or null everywhere.
 * Throws VoxcastError CONFLICTING_FIELD if two places or names give different values.
 */
export function readField(envelope: Envelope, ...names: readonly string[]): unknown {
  let found: unknown;
  for (const place of envelope.places) {
    for (const name of names) {
      const value = ownField(place, name);
      if (value === undefined) continue;
      if (found !== undefined && !sameJson(found, value)) throw conflict(names[0]!, refOf(envelope));
      found = value;
    }
  }
  return found;
}

/** A field of the object's own, null counting as absent: an object has names in its prototype that no client wrote. */
export function ownField(fields: JsonFields, name: string): unknown {
  const value = fields[name];
  // What is not there at all is the common case, and the cheap one.
  if (value === undefined || value === null) return undefined;
  return Object.hasOwn(fields, name) ? value : undefined;
}

/** The option that makes an error answer this message. */
export function refOf({ id }: { readonly id?: string | undefined }): { ref?: string } {
  return id === undefined ? {} : { ref: id };
}

/** Whether a parsed JSON value is an object (not null, not an array). */
export function isObject(value: unknown): value is JsonFields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Text of a client, cut so that an answer cannot be made as long as the question; never through a character. */
export function echo(text: string): string {
  return text.length <= MAX_ECHO_CHARS
    ? text
    : text.slice(0, MAX_ECHO_CHARS).replace(HALF_CHARACTER, "") + "...";
}

function parseObject(text: string): JsonFields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own text would repeat the input, so it is not passed on.
    throw new VoxcastError("INVALID_JSON", "Invalid JSON");
  }
  if (!isObject(value)) throw new VoxcastError("MISSING_TYPE", "Missing 'type' field");
  return value;
}

function readId(message: JsonFields): string | undefined {
  const id = ownField(message, "id");
  if (id === undefined) return undefined;
  if (typeof id !== "string" || id.length > MAX_ID_CHARS) {
    throw new VoxcastError(
      "INVALID_FIELD",
      `Field 'id' must be a string of at most ${MAX_ID_CHARS} characters`,
    );
  }
  if (!isPlainName(id)) throw new VoxcastError("INVALID_FIELD", `Field 'id' must be ${PLAIN_NAME_WORDS}`);
  return id;
}

function conflict(name: string, ref: { ref?: string }): VoxcastError {
  const message = `Field '${echo(name)}' is given twice with different values`;
  return new VoxcastError("CONFLICTING_FIELD", message, ref);
}

/** Whether two parsed JSON values are equal; the order of keys does not count. */
function sameJson(a: unknown, b: unknown): boolean {
  const pairs: [unknown, unknown][] = [[a, b]];
  for (let pair = pairs.pop(); pair !== undefined; pair = pairs.pop()) {
    const [left, right] = pair;
    if (left === right) continue;
    if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) {
      return false;
    }
    if (Array.isArray(left) !== Array.isArray(right)) return false;
    const keys = Object.keys(left);
    if (keys.length !== Object.keys(right).length) return false;
    for (const key of keys) {
      if (!Object.hasOwn(right, key)) return false;
      pairs.push([(left as JsonFields)[key], (right as JsonFields)[key]]);
    }
  }
  return true;
}
