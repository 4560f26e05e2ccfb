import type { z } from "@hono/zod-openapi";
import { repeatedKey, VoxcastError } from "../protocol/mod.ts";
import { readBody } from "./body.ts";
import { issuesOf } from "./item_issues.ts";
import { shownName } from "./route_parts.ts";

/** A JSON body nested deeper than this is refused before it is parsed. */
export const MAX_JSON_DEPTH = 16;
/** The bounds of bodies, as the configuration has them; of the two the lower one holds for JSON. */
export interface BodyLimits {
  readonly maxBodyBytes: number;
  readonly maxJsonBytes: number;
}

/**
 * Reads and parses a JSON body.
 *
 * @param alsoTaken media types that the route takes in another way, for the text of the refusal
 * @throws {VoxcastError} as `readBody`; INVALID_JSON, without the parser's words, if it is not UTF-8 JSON;
 * INVALID_BODY if it is nested too deeply; CONFLICTING_FIELD if an object gives a key twice with different values
 */
export async function readJson(
  request: Request,
  limits: BodyLimits,
  alsoTaken: readonly string[] = [],
): Promise<unknown> {
  const bytes = await readBody(request, {
    maxBytes: Math.min(limits.maxBodyBytes, limits.maxJsonBytes),
    mediaTypes: ["application/json", "+json"],
    alsoTaken,
  });
  if (jsonDepth(bytes) > MAX_JSON_DEPTH) {
    throw new VoxcastError("INVALID_BODY", `The body is nested deeper than ${MAX_JSON_DEPTH} levels`);
  }
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    value = JSON.parse(text);
  } catch {
    throw new VoxcastError("INVALID_JSON", "The body is not JSON");
  }
  const repeated = repeatedKey(text);
  if (repeated !== undefined) {
    const message = `Field '${shownName(repeated)}' is given twice with different values`;
    throw new VoxcastError("CONFLICTING_FIELD", message);
  }
  return value;
}

/**
 * Reads a JSON body that one schema describes whole.
 *
 * @throws {VoxcastError} as {@linkcode readJson}; MISSING_FIELD or INVALID_FIELD naming the first fault in the text and
 * all of them in the details
 */
export async function readJsonAs<S extends z.ZodType>(
  request: Request,
  limits: BodyLimits,
  schema: S,
  alsoTaken: readonly string[] = [],
): Promise<z.output<S>> {
  return checked(schema, await readJson(request, limits, alsoTaken));
}

/** The value as the schema gives it back, or a thrown VoxcastError. */
export function checked<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const details = issuesOf(result.error, 0);
  const first = details[0]!;
  const where = first.path === undefined ? "" : `${first.path}: `;
  throw new VoxcastError(first.code, `${where}${first.message}`, { details });
}

/** How deep arrays and objects nest in JSON text, brackets inside strings not counted; any bytes are accepted. */
export function jsonDepth(bytes: Uint8Array): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (inString) {
      if (byte === 0x5c) i++;
      else if (byte === 0x22) inString = false;
    } else if (byte === 0x22) inString = true;
    else if (byte === 0x5b || byte === 0x7b) deepest = Math.max(deepest, ++depth);
    else if (byte === 0x5d || byte === 0x7d) depth--;
  }
  return deepest;
}
