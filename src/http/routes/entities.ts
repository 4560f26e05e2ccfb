import { createRoute, z } from "@hono/zod-openapi";
import { STATUS_CODE } from "@std/http/status";
import { VoxcastError } from "../../protocol/mod.ts";
import type { Applied, Entity, Op, World } from "../../world/mod.ts";
import { entityFields, entityJson, entityPatchFields } from "../entity_json.ts";
import type { HttpDeps } from "../http_deps.ts";
import { readJsonAs } from "../json_body.ts";
import { plainRule } from "../json_rules.ts";
import { documentedBody, jsonAnswer, PROBLEMS, requireWorld, shownName } from "../route_parts.ts";
import type { Router } from "../router_type.ts";
import { entityIdSchema, entityPatchSchema, entityPutSchema, entitySchema } from "../schemas.ts";

/** Label of changes that name no source. */
const DEFAULT_SOURCE = "rest";
const MAX_PAGE = 1000;

const params = z.object({ w: z.string(), id: entityIdSchema });
const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(100),
  after: z.string().regex(/^\d{1,15}$/).optional().openapi({
    description: "`next` of the page before",
    example: "41",
  }),
});
const pageSchema = z.object({
  entities: z.array(entitySchema),
  next: z.string().nullable().openapi({
    description: "Goes into `after` for the next page; null on the last",
  }),
});
const changeSchema = z.object({ seq: z.int(), epoch: z.int() }).openapi("Change");

/** Entities one by one, and their list in pages. */
export function addEntityRoutes(router: Router, { worlds, config }: HttpDeps): void {
  router.openapi(
    createRoute({
      method: "get",
      path: "/api/worlds/{w}/entities",
      summary: "List entities",
      request: { params: params.pick({ w: true }), query: pageQuery },
      responses: { 200: jsonAnswer("One page, in order of creation", pageSchema), ...PROBLEMS },
    }),
    (context) => {
      const { limit, after } = context.req.valid("query");
      const world = requireWorld(worlds, context.req.valid("param").w);
      return context.json(page(world, limit, after === undefined ? -1 : Number(after)), STATUS_CODE.OK);
    },
  );
  router.openapi(
    createRoute({
      method: "get",
      path: "/api/worlds/{w}/entities/{id}",
      summary: "Show an entity",
      request: { params },
      responses: { 200: jsonAnswer("The entity", entitySchema), ...PROBLEMS },
    }),
    (context) => {
      const { w, id } = context.req.valid("param");
      return context.json(entityJson(requireEntity(requireWorld(worlds, w), id)), STATUS_CODE.OK);
    },
  );
  router.openapi(
    createRoute({
      method: "put",
      path: "/api/worlds/{w}/entities/{id}",
      summary: "Create or replace an entity",
      request: { params, body: documentedBody(router, "EntityPut", entityPutSchema) },
      responses: {
        200: jsonAnswer("The entity, replaced", entitySchema),
        201: jsonAnswer("The entity, new", entitySchema),
        ...PROBLEMS,
      },
    }),
    async (context) => {
      const { w, id } = context.req.valid("param");
      requireWorld(worlds, w);
      const body = await readJsonAs(context.req.raw, plainRule(config), entityPutSchema);
      requireSameId(body.id, id);
      // Looked up again: the world may have gone while the body came in.
      const world = requireWorld(worlds, w);
      const status = world.entity(id) === undefined ? STATUS_CODE.Created : STATUS_CODE.OK;
      const put = [entityFields({ ...body, id })];
      applyOne(world, { kind: "entities", source: body.source ?? DEFAULT_SOURCE, put });
      return context.json(entityJson(requireEntity(world, id)), status);
    },
  );
  router.openapi(
    createRoute({
      method: "patch",
      path: "/api/worlds/{w}/entities/{id}",
      summary: "Change fields of an entity",
      request: { params, body: documentedBody(router, "EntityPatch", entityPatchSchema) },
      responses: { 200: jsonAnswer("The entity as it is now", entitySchema), ...PROBLEMS },
    }),
    async (context) => {
      const { w, id } = context.req.valid("param");
      requireEntity(requireWorld(worlds, w), id);
      const body = await readJsonAs(context.req.raw, plainRule(config), entityPatchSchema);
      requireSameId(body.id, id);
      const world = requireWorld(worlds, w);
      const source = body.source ?? requireEntity(world, id).source;
      applyOne(world, { kind: "entities", source, patch: [entityPatchFields({ ...body, id })] });
      return context.json(entityJson(requireEntity(world, id)), STATUS_CODE.OK);
    },
  );
  router.openapi(
    createRoute({
      method: "delete",
      path: "/api/worlds/{w}/entities/{id}",
      summary: "Remove an entity",
      request: { params },
      responses: { 200: jsonAnswer("The change", changeSchema), ...PROBLEMS },
    }),
    (context) => {
      const { w, id } = context.req.valid("param");
      const world = requireWorld(worlds, w);
      const { seq, epoch } = applyOne(world, { kind: "entities", source: DEFAULT_SOURCE, remove: [id] });
      return context.json({ seq, epoch }, STATUS_CODE.OK);
    },
  );
}

/** Handles only grow, so a page begins after a handle even if that entity has gone meanwhile. O(entities). */
function page(world: World, limit: number, afterHandle: number): z.infer<typeof pageSchema> {
  const later = [...world.entities()].filter(({ handle }) => handle > afterHandle)
    .sort((a, b) => a.handle - b.handle);
  const shown = later.slice(0, limit);
  return {
    entities: shown.map(entityJson),
    next: later.length > shown.length ? String(shown.at(-1)!.handle) : null,
  };
}

/** Applies an op of one item, whose error is then the whole answer. */
function applyOne(world: World, op: Op): Applied {
  const applied = world.apply(op);
  const fault = applied.errors[0];
  if (fault !== undefined) throw new VoxcastError(fault.code, fault.message);
  return applied;
}

function requireEntity(world: World, id: string): Entity {
  const entity = world.entity(id);
  if (entity === undefined) {
    throw new VoxcastError("ENTITY_NOT_FOUND", `There is no entity ${shownName(id)}`);
  }
  return entity;
}

function requireSameId(inBody: string | undefined, inPath: string): void {
  if (inBody !== undefined && inBody !== inPath) {
    throw new VoxcastError("CONFLICTING_FIELD", "The id of the body is not the id of the address");
  }
}
