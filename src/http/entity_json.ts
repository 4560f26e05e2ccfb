import type { z } from "@hono/zod-openapi";
import { formatColor, parseColor } from "../protocol/mod.ts";
import type { Entity, EntityFields } from "../world/mod.ts";
import type { entityBulkPatchSchema, entitySchema } from "./schemas.ts";

/** An entity as JSON. */
export type EntityJson = z.infer<typeof entitySchema>;
/** The changed fields of an entity as JSON. */
export type EntityPatchJson = z.infer<typeof entityBulkPatchSchema>;

/** The fields of a checked JSON entity; its `source` is not one of them. */
export function entityFields(json: EntityJson): EntityFields {
  const { id, type, position, size, color, material } = json;
  return {
    id,
    type,
    position,
    size,
    color: parseColor(color)!,
    ...(material === undefined ? {} : { material }),
  };
}

/** The changed fields of a checked JSON patch. */
export function entityPatchFields(json: EntityPatchJson): Partial<EntityFields> & { id: string } {
  const { id, type, position, size, color, material } = json;
  return {
    id,
    ...(type === undefined ? {} : { type }),
    ...(position === undefined ? {} : { position }),
    ...(size === undefined ? {} : { size }),
    ...(color === undefined ? {} : { color: parseColor(color)! }),
    ...(material === undefined ? {} : { material }),
  };
}

/** An entity as it is shown; PUT takes the same back. */
export function entityJson(entity: Entity): EntityJson {
  const { id, type, position, size, color, material, source } = entity;
  return {
    id,
    type,
    position: [...position],
    size: [...size],
    color: formatColor(color),
    ...(material === undefined ? {} : { material }),
    source,
  };
}
