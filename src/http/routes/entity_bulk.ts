import { createRoute, z } from "@hono/zod-openapi";
import { STATUS_CODE } from "@std/http/status";
import { type ItemError, VoxcastError } from "../../protocol/mod.ts";
import { Breather } from "../breather.ts";
import { entityFields, entityPatchFields } from "../entity_json.ts";
import type { HttpDeps } from "../http_deps.ts";
import { issuesOf } from "../item_issues.ts";
import { readJsonAs } from "../json_body.ts";
import { editRule } from "../json_rules.ts";
import { Refusals } from "../refusals.ts";
import { documentedBody, jsonAnswer, PROBLEMS, requireWorld } from "../route_parts.ts";
import type { Router } from "../router_type.ts";
import {
  bulkSchema,
  bulkShape,
  entitiesAppliedSchema,
  entityBulkPatchSchema,
  entityIdSchema,
  entitySchema,
} from "../schemas.ts";
import { dirtyJson } from "../world_json.ts";

/** The items of one list that passed their schema, and where each stood in the body. */
interface Checked<T> {
  readonly items: readonly T[];
  readonly indices: readonly number[];
}

/** Changes many entities in one step. */
export function addEntityBulkRoute(router: Router, deps: HttpDeps): void {
  router.openapi(
    createRoute({
      method: "post",
      path: "/api/worlds/{w}/entities/bulk",
      summary: "Put, patch and remove many entities in one step",
      description:
        "Removal comes first, then put, then patch. Refused items are reported with their index in their list; " +
        "the rest stands, unless `atomic` is true.",
      request: {
        params: z.object({ w: z.string() }),
        body: documentedBody(router, "EntityBulk", bulkSchema),
      },
      responses: { 200: jsonAnswer("What was done", entitiesAppliedSchema), ...PROBLEMS },
    }),
    async (context) => {
      const { w } = context.req.valid("param");
      requireWorld(deps.worlds, w);
      const body = await readJsonAs(context.req.raw, editRule(deps.config), bulkShape);
      const count = body.put.length + body.patch.length + body.remove.length;
      requireFewItems(count, deps.config.world.maxEntitiesPerWorld);

      const refusals = new Refusals();
      const breather = new Breather(deps.clock);
      const put = await check("put", body.put, entitySchema, refusals, breather);
      const patch = await check("patch", body.patch, entityBulkPatchSchema, refusals, breather);
      const remove = await check("remove", body.remove, entityIdSchema, refusals, breather);
      if (body.atomic) refusals.refuseAll();

      const world = requireWorld(deps.worlds, w);
      const applied = world.apply({
        kind: "entities",
        source: body.source,
        atomic: body.atomic,
        put: put.items.map(entityFields),
        patch: patch.items.map(entityPatchFields),
        remove: remove.items,
      });
      const indices = { put: put.indices, patch: patch.indices, remove: remove.indices };
      for (const error of applied.errors) refusals.add(() => [inBody(error, indices)]);
      const { seq, epoch } = applied;
      return context.json(
        {
          seq,
          epoch,
          applied: count - refusals.count,
          ...dirtyJson(world, applied),
          ...refusals.answer(),
        },
        STATUS_CODE.OK,
      );
    },
  );
}

function requireFewItems(count: number, max: number): void {
  if (count > max) {
    throw new VoxcastError("PAYLOAD_TOO_LARGE", `The body has ${count} items, limit is ${max}`);
  }
}

async function check<S extends z.ZodType>(
  list: string,
  items: readonly unknown[],
  schema: S,
  refusals: Refusals,
  breather: Breather,
): Promise<Checked<z.output<S>>> {
  const checked: z.output<S>[] = [];
  const indices: number[] = [];
  for (let index = 0; index < items.length; index++) {
    const pause = breather.step();
    if (pause !== undefined) await pause;
    const result = schema.safeParse(items[index]);
    if (result.success) {
      checked.push(result.data);
      indices.push(index);
    } else refusals.add(() => issuesOf(result.error, index, `${list}.${index}`));
  }
  return { items: checked, indices };
}

/** An error of the world, whose lists lack the items refused before, in terms of the body: `put.3.size`. */
function inBody(error: ItemError, indices: Readonly<Record<string, readonly number[]>>): ItemError {
  const [list = "", , ...field] = error.path?.split(".") ?? [];
  const index = indices[list]?.[error.index] ?? error.index;
  return { ...error, index, path: [list, index, ...field].join(".") };
}
