import type { z } from "@hono/zod-openapi";
import { checkJsonBounds, repeatedKey, VoxcastError } from "../protocol/mod.ts";
import { readBody } from "./body.ts";
import { issuesOf } from "./item_issues.ts";
import type { JsonRule } from "./json_rules.ts";
import { shownName } from "./route_parts.ts";

/**
 * Reads and parses a JSON body.
 *
 * @param alsoTaken media types that the route takes in another way, for the text of the refusal
 * @throws {VoxcastError} as `readBody`; INVALID_JSON, without the parser's words, if it is not UTF-8 JSON;
 * JSON_TOO_COMPLEX if it is nested too deeply or has too many values; CONFLICTING_FIELD if an object gives a key twice with different values
 */
export async function readJson(
  request: Request,
  rule: JsonRule,
  alsoTaken: readonly string[] = [],
): Promise<unknown> {
  const bytes = await readBody(request, {
    maxBytes: rule.maxBytes,
    mediaTypes: ["application/json", "+json"],
    alsoTaken,
  });
  const text = decodeUtf8(bytes);
  checkJsonBounds(text, rule);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw notJson();
  }
  const repeated = repeatedKey(text, value);
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
  rule: JsonRule,
  schema: S,
  alsoTaken: readonly string[] = [],
): Promise<z.output<S>> {
  return checked(schema, await readJson(request, rule, alsoTaken));
}

/**
 * As {@linkcode readJsonAs}, but a request without a body is taken for one with `{}`, whatever media type it names.
 *
 * @throws {VoxcastError} as {@linkcode readJsonAs}
 */
export async function readOptionalJsonAs<S extends z.ZodType>(
  request: Request,
  rule: JsonRule,
  schema: S,
): Promise<z.output<S>> {
  return await hasNoBody(request) ? checked(schema, {}) : await readJsonAs(request, rule, schema);
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

/** A body without length and media type is looked into: there may be none, and what there is would be refused. */
async function hasNoBody({ body, headers }: Request): Promise<boolean> {
  if (body === null || headers.get("content-length") === "0") return true;
  if (headers.has("content-length") || headers.has("content-type")) return false;
  for await (const chunk of body) if (chunk.length > 0) return false;
  return true;
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw notJson();
  }
}

function notJson(): VoxcastError {
  return new VoxcastError("INVALID_JSON", "The body is not JSON");
}
