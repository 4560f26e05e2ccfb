import { type Grid, quantize, type Vec3 } from "../space/mod.ts";
import { type ErrorCode, isPlainName, PLAIN_NAME_WORDS } from "../protocol/mod.ts";
import type { Entity, EntityFields } from "./op.ts";

/** What is wrong with one item of an op. */
export interface Fault {
  readonly code: ErrorCode;
  /** The field of the item, if it is one. */
  readonly field?: string;
  readonly message: string;
}

export const MAX_ENTITY_ID_LENGTH = 256;
export const MAX_ENTITY_TYPE_LENGTH = 64;

/** The first fault of an entity's fields, or undefined. The types may not be trusted: items come from outside. */
export function fieldsFault(fields: EntityFields, grid: Grid): Fault | undefined {
  const { id, type, position, size, color, material } = fields;
  if (!isText(id, 1, MAX_ENTITY_ID_LENGTH)) {
    return invalid("id", `Entity id must be text of 1 to ${MAX_ENTITY_ID_LENGTH} characters`);
  }
  if (!isText(type, 0, MAX_ENTITY_TYPE_LENGTH)) {
    return invalid("type", `Entity type must be text of at most ${MAX_ENTITY_TYPE_LENGTH} characters`);
  }
  if (!isPlainName(id)) return invalid("id", `Entity id must be ${PLAIN_NAME_WORDS}`);
  if (!isPlainName(type)) return invalid("type", `Entity type must be ${PLAIN_NAME_WORDS}`);
  if (!isVector(position)) return invalid("position", "Entity position must be three finite numbers");
  if (!isVector(size) || !size.every((edge) => edge > 0)) {
    return invalid("size", "Entity size must be three finite numbers above 0");
  }
  if (!isWhole(color, 0xffffffff) || color >>> 24 === 0) {
    return invalid("color", "Entity color must be packed RGBA8 with alpha above 0");
  }
  if (material !== undefined && !isWhole(material, 255)) {
    return invalid("material", "Entity material must be a whole number 0..255");
  }
  if (quantize(grid, position) === undefined) {
    const { min, max } = grid.bounds;
    return {
      code: "OUT_OF_BOUNDS",
      field: "position",
      message: `Position [${position.join(", ")}] is outside the world [${min.join(", ")}] to [${
        max.join(", ")
      }]`,
    };
  }
  return undefined;
}

/** An entity of its own memory, whatever becomes of the fields it was made from. */
export function createEntity(fields: EntityFields, handle: number, source: string): Entity {
  return Object.freeze({
    id: fields.id,
    type: fields.type,
    position: copyVector(fields.position),
    size: copyVector(fields.size),
    color: fields.color,
    material: fields.material ?? 0,
    handle,
    source,
  });
}

/** Whether two entities are the same in every field. */
export function sameEntity(a: Entity, b: Entity): boolean {
  return a.handle === b.handle && a.source === b.source && a.id === b.id && a.type === b.type &&
    a.color === b.color && a.material === b.material && sameVector(a.position, b.position) &&
    sameVector(a.size, b.size);
}

function invalid(field: string, message: string): Fault {
  return { code: "INVALID_FIELD", field, message };
}

function isText(value: unknown, min: number, max: number): boolean {
  return typeof value === "string" && value.length >= min && value.length <= max;
}

function isVector(value: unknown): boolean {
  return Array.isArray(value) && value.length === 3 && value.every((part) => Number.isFinite(part));
}

function isWhole(value: unknown, max: number): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= max;
}

function copyVector(v: Vec3): Vec3 {
  return Object.freeze([v[0], v[1], v[2]] as const);
}

function sameVector(a: Vec3, b: Vec3): boolean {
  return a[0] === b[0] && a[1] === b[1] && a[2] === b[2];
}
