import type { Bounds } from "../space/mod.ts";
import { catalogueError } from "./client_error.ts";

/** What the server takes; it says so in INIT and REGISTERED. */
export interface OutgoingLimits {
  /** UTF-8 bytes. */
  readonly maxMessageBytes: number;
  /** Deepest nesting of objects and arrays. */
  readonly maxJsonDepth: number;
  /** Most values in one message. */
  readonly maxJsonValues: number;
}

/** The server's own defaults, until it has said what it takes. */
export const DEFAULT_OUTGOING_LIMITS: OutgoingLimits = {
  maxMessageBytes: 65_536,
  maxJsonDepth: 32,
  maxJsonValues: 10_000,
};

/** The limits that a server has named, over those known before. */
export function readOutgoingLimits(
  known: OutgoingLimits,
  named: Readonly<Record<string, number>>,
): OutgoingLimits {
  return {
    maxMessageBytes: named.max_message_bytes ?? known.maxMessageBytes,
    maxJsonDepth: named.max_json_depth ?? known.maxJsonDepth,
    maxJsonValues: named.max_json_values ?? known.maxJsonValues,
  };
}

/**
 * Refuses fields that JSON would change on the way (numbers that are not finite, functions, dates) or that
 * the server would refuse. Linear, without recursion.
 * @throws {ClientError} INVALID_FIELD or JSON_TOO_COMPLEX
 */
export function checkFields(data: unknown, { maxJsonDepth, maxJsonValues }: OutgoingLimits): void {
  const waiting: { readonly value: unknown; readonly path: string; readonly depth: number }[] = [
    // The message itself is the first level.
    { value: data, path: "data", depth: 2 },
  ];
  let values = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, path, depth } = next;
    if (++values > maxJsonValues) {
      throw catalogueError("JSON_TOO_COMPLEX", `The message has more than ${maxJsonValues} values`);
    }
    if (typeof value === "number" && !Number.isFinite(value)) {
      throw catalogueError("INVALID_FIELD", `Field '${path}' must be a finite number, not ${value}`);
    }
    if (value === null || value === undefined || ["string", "boolean", "number"].includes(typeof value)) {
      continue;
    }
    if (!Array.isArray(value) && !isPlain(value)) {
      throw catalogueError("INVALID_FIELD", `Field '${path}' must be plain JSON`);
    }
    if (depth > maxJsonDepth) {
      throw catalogueError("JSON_TOO_COMPLEX", `The message is nested deeper than ${maxJsonDepth} levels`);
    }
    for (const [key, child] of Object.entries(value)) {
      waiting.push({ value: child, path: `${path}.${key}`, depth: depth + 1 });
    }
  }
}

/**
 * Refuses a text that is longer than the server takes.
 * @throws {ClientError} MESSAGE_TOO_LARGE
 */
export function checkSize(text: string, { maxMessageBytes }: OutgoingLimits): void {
  const bytes = new TextEncoder().encode(text).length;
  if (bytes <= maxMessageBytes) return;
  throw catalogueError(
    "MESSAGE_TOO_LARGE",
    `The message has ${bytes} bytes, the server takes ${maxMessageBytes}`,
  );
}

/** What a list of items has to keep to. */
export interface ItemRules {
  readonly maxItems: number;
  /** Field that must be different in every item. */
  readonly idField?: string;
  /** Field with `[x, y, z]` or `{x, y, z}` that must lie in `bounds`. */
  readonly positionField?: string;
  /** Lower bounds belong to it, upper ones do not. */
  readonly bounds?: Bounds;
}

/**
 * Looks a list of items over before it is sent: how many, ids given twice, positions that are not finite or
 * out of bounds.
 * @throws {ClientError} INVALID_FIELD or OUT_OF_BOUNDS that names the first item at fault
 */
export function checkItems(items: readonly Readonly<Record<string, unknown>>[], rules: ItemRules): void {
  const { maxItems, idField, positionField, bounds } = rules;
  if (items.length > maxItems) {
    throw catalogueError(
      "INVALID_FIELD",
      `${items.length} items are more than the ${maxItems} that are taken at a time`,
    );
  }
  const ids = new Set<unknown>();
  items.forEach((item, index) => {
    const id = idField === undefined ? undefined : item[idField];
    if (idField !== undefined && ids.has(id)) {
      throw catalogueError(
        "INVALID_FIELD",
        `Item ${index} has the ${idField} of an earlier item: ${String(id)}`,
      );
    }
    ids.add(id);
    if (positionField !== undefined) {
      checkPosition(item[positionField], `item ${index}, ${positionField}`, bounds);
    }
  });
}

function checkPosition(value: unknown, where: string, bounds: Bounds | undefined): void {
  const fields = (value ?? {}) as Readonly<Record<string, unknown>>;
  const parts = Array.isArray(value) ? value : [fields.x, fields.y, fields.z];
  if (parts.length !== 3 || !parts.every(Number.isFinite)) {
    throw catalogueError("INVALID_FIELD", `There must be three finite numbers in ${where}`);
  }
  const isInside = bounds === undefined ||
    parts.every((part, axis) => part >= bounds.min[axis]! && part < bounds.max[axis]!);
  if (!isInside) {
    throw catalogueError("OUT_OF_BOUNDS", `The position ${parts.join(", ")} of ${where} is out of bounds`);
  }
}

function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
