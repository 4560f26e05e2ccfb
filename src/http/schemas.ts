import { z } from "@hono/zod-openapi";
import { isPlainName, PLAIN_NAME_WORDS } from "../protocol/mod.ts";
import { TREE_KINDS } from "../tree/mod.ts";

/** The zod schemas of what REST takes and gives; the OpenAPI document is made from them. */

/** The document states the length of a tuple apart: `prefixItems` alone would let shorter and longer arrays pass. */
const THREE = { minItems: 3, maxItems: 3 } as const;
/** Three numbers. */
export const vec3Schema = z.tuple([z.number(), z.number(), z.number()]).openapi(THREE);
const positiveVec3 = z.tuple([z.number().positive(), z.number().positive(), z.number().positive()])
  .openapi(THREE);
const PLAIN_NAME = `Expected text ${PLAIN_NAME_WORDS}`;
/** The document cannot say it otherwise: its patterns have no classes of characters. */
const NAME = { description: `Text ${PLAIN_NAME_WORDS}` };
const cellNumber = z.int().min(0).max(2 ** 20 - 1);
// Without flags, as a pattern of the document cannot have any.
const colorSchema = z.string().regex(/^#(?:[0-9a-fA-F]{6}|[0-9a-fA-F]{8})$/, "Expected #rrggbb or #rrggbbaa")
  .openapi({ example: "#4f7d3aff" });
const materialSchema = z.int().min(0).max(255);
/** The id of an entity, in a body and in an address. */
export const entityIdSchema = z.string().min(1).max(256).refine(isPlainName, PLAIN_NAME).openapi(NAME);
const entityType = z.string().max(64).refine(isPlainName, PLAIN_NAME).openapi(NAME);
/** Label of whatever changes a world. */
export const sourceSchema = z.string().min(1).max(64).refine(isPlainName, PLAIN_NAME).openapi(NAME);

/** A cube in world units, half-open. */
export const boundsSchema = z.strictObject({ min: vec3Schema, max: vec3Schema }).openapi("Bounds");

/** An entity as it is put by bulk and as it is shown. */
export const entitySchema = z.strictObject({
  id: entityIdSchema,
  type: entityType,
  position: vec3Schema.openapi({ description: "Centre, in world units" }),
  size: positiveVec3.openapi({ description: "Extent an axis, in world units" }),
  color: colorSchema,
  material: materialSchema.optional(),
  source: sourceSchema.optional().openapi({
    description: "Who put it last; in a bulk body the source of the body holds",
  }),
}).openapi("Entity");

/** An entity at its own address: the id may be left out. */
export const entityPutSchema = entitySchema.partial({ id: true }).openapi("EntityPut");
/** Fields to change; what is left out stays. */
export const entityPatchSchema = entitySchema.partial().openapi("EntityPatch");
/** One item of a bulk patch. */
export const entityBulkPatchSchema = entitySchema.partial().required({ id: true }).openapi("EntityBulkPatch");

/** A bulk body: its items are checked one by one, so the lists stay unchecked here. */
export const bulkShape = z.strictObject({
  source: sourceSchema,
  atomic: z.boolean().default(false),
  put: z.array(z.unknown()).default([]),
  patch: z.array(z.unknown()).default([]),
  remove: z.array(z.unknown()).default([]),
});
/** A bulk body as documented. */
export const bulkSchema = z.strictObject({
  source: sourceSchema,
  atomic: z.boolean().optional().openapi({
    description:
      "true: one bad item refuses all. false (default): bad items are reported by index, the rest stands",
  }),
  put: z.array(entitySchema).optional(),
  patch: z.array(entityBulkPatchSchema).optional(),
  remove: z.array(entityIdSchema).optional(),
}).openapi("EntityBulk");
/** One voxel of a JSON patch. */
export const voxelSchema = z.strictObject({
  position: z.tuple([cellNumber, cellNumber, cellNumber]).openapi({
    ...THREE,
    description: "Cell, from the world's min corner",
  }),
  color: colorSchema.nullable().openapi({ description: "null removes the voxel" }),
  material: materialSchema.optional(),
}).openapi("Voxel");
/** One checked voxel. */
export type VoxelJson = z.infer<typeof voxelSchema>;
/** A JSON patch: its voxels are checked one by one. */
export const voxelPatchShape = z.strictObject({
  voxels: z.array(z.unknown()),
  atomic: z.boolean().default(false),
});
/** A JSON patch as documented. */
export const voxelPatchSchema = z.strictObject({
  voxels: z.array(voxelSchema),
  atomic: z.boolean().optional(),
}).openapi("VoxelPatch");

/** A kind of tree. */
export const kindSchema = z.enum(TREE_KINDS).openapi({
  description: "Kind of tree for clients that ask for none: octrees of cubes or tetrahedra",
});

/** Name of a world. */
export const worldIdSchema = z.string().regex(
  /^[a-z0-9][a-z0-9._-]{0,63}$/,
  "Expected 1 to 64 of a-z 0-9 . _ -, starting with a letter or digit",
).openapi({ example: "forest" });

/** What POST /api/worlds takes. */
export const worldCreateSchema = z.strictObject({
  id: worldIdSchema,
  bounds: boundsSchema.optional(),
  level: z.int().min(0).max(7).optional().openapi({ description: "Regions an axis = 2^level" }),
  depth: z.int().min(3).max(8).optional().openapi({ description: "Voxels an axis of a region = 2^depth" }),
  kind: kindSchema.optional(),
}).openapi("WorldCreate");

/** A world as it is shown. */
export const worldSchema = z.object({
  id: z.string(),
  epoch: z.int(),
  seq: z.int(),
  bounds: boundsSchema,
  level: z.int(),
  depth: z.int(),
  kind: kindSchema,
  cell_size: z.number(),
  regions: z.int().openapi({ description: "Regions that hold something" }),
  dirty_regions: z.int().openapi({ description: "Regions that wait for a build" }),
  voxels: z.int(),
  entities: z.int(),
  bytes: z.int(),
  content_bounds: boundsSchema.nullable(),
}).openapi("World");

/** Rows of connections: names and values as they are. */
export const rowsSchema = z.array(
  z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
);
/** Rows of connections and streams that have ended. */
export const auditRowsSchema = rowsSchema.openapi({
  description: "The newest ended connections and streams",
});

/** One refused item. */
export const itemErrorSchema = z.object({
  index: z.int().openapi({ description: "Position of the item in its list" }),
  path: z.string().optional().openapi({ description: "Field in the body, such as put.3.position.1" }),
  code: z.string(),
  message: z.string(),
}).openapi("ItemError");

const applied = {
  seq: z.int().openapi({ description: "Number of the newest change of the world" }),
  epoch: z.int(),
  errors: z.array(itemErrorSchema).openapi({ description: "At most 1000 of them" }),
  "error_count": z.int(),
  "dirty_regions": z.array(z.string()).openapi({ description: "Regions to rebuild, as level/morton" }),
  versions: z.array(z.int()).openapi({
    description: "The version that each of them has now: a frame of it, or of a newer one, shows the change",
  }),
};
/** Answer to a change of entities. */
export const entitiesAppliedSchema = z.object({
  ...applied,
  applied: z.int().openapi({ description: "Items that stood" }),
}).openapi("EntitiesApplied");
/** Answer to a change of voxels. */
export const voxelsAppliedSchema = z.object({
  ...applied,
  changed: z.int().openapi({ description: "Voxels that are not as they were" }),
}).openapi("VoxelsApplied");

/** Every error body (RFC 9457). */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  number: z.int(),
  retryable: z.boolean(),
  retry_after_ms: z.number().optional(),
  errors: z.array(itemErrorSchema).optional(),
  error_count: z.int().optional(),
  request_id: z.string(),
}).openapi("Problem");
