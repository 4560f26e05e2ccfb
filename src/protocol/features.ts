import { type Envelope, readField } from "./envelope.ts";
import { invalid } from "./message_fields.ts";

/**
 * What a client may ask for in REGISTER_CLIENT beyond one full frame a message: several frames in one message, messages
 * in parts, frames that add levels, frames that have only what changed, and a rate that follows the client's ACKs.
 */
export const FEATURES = ["bundles", "parts", "refinements", "deltas", "flow"] as const;
export type Feature = (typeof FEATURES)[number];

/** Longest list worth reading. */
const MAX_NAMES = 32;

/** The features named, in the order of `FEATURES`; names that are not known here are passed over. */
export function readFeatures(envelope: Envelope): readonly Feature[] {
  const value = readField(envelope, "features") ?? [];
  if (!Array.isArray(value) || value.length > MAX_NAMES || !value.every(isString)) {
    throw invalid("features", `an array of up to ${MAX_NAMES} strings`, envelope);
  }
  const named = new Set(value.map((name) => name.toLowerCase()));
  return FEATURES.filter((feature) => named.has(feature));
}

function isString(value: unknown): value is string {
  return typeof value === "string";
}
