import { createRoute, z } from "@hono/zod-openapi";
import { STATUS_CODE } from "@std/http/status";
import { mayEnter } from "../../security/mod.ts";
import type { HttpDeps } from "../http_deps.ts";
import { readJsonAs } from "../json_body.ts";
import { smallRule } from "../json_rules.ts";
import { documentedBody, jsonAnswer, PROBLEMS, requireWorld } from "../route_parts.ts";
import { principalOf, type Router } from "../router_type.ts";
import { worldCreateSchema, worldSchema } from "../schemas.ts";
import { worldJson } from "../world_json.ts";

const params = z.object({ w: z.string().openapi({ example: "main" }) });

/** Create, list, show and delete worlds. */
export function addWorldRoutes(router: Router, { worlds, config }: HttpDeps): void {
  router.openapi(
    createRoute({
      method: "post",
      path: "/api/worlds",
      summary: "Create a world",
      request: { body: documentedBody(router, "WorldCreate", worldCreateSchema) },
      responses: { 201: jsonAnswer("The new world", worldSchema), ...PROBLEMS },
    }),
    async (context) => {
      const { id, ...rest } = await readJsonAs(context.req.raw, smallRule(config), worldCreateSchema);
      const world = worlds.create(id, withoutUndefined(rest));
      return context.json(worldJson(world), STATUS_CODE.Created, { location: `/api/worlds/${id}` });
    },
  );
  router.openapi(
    createRoute({
      method: "get",
      path: "/api/worlds",
      summary: "List the worlds that the credential is for",
      responses: { 200: jsonAnswer("These worlds", z.object({ worlds: z.array(worldSchema) })), ...PROBLEMS },
    }),
    (context) => {
      const principal = principalOf(context);
      const mine = [...worlds.list()].filter(({ id }) => mayEnter(principal, id));
      return context.json({ worlds: mine.map(worldJson) }, STATUS_CODE.OK);
    },
  );
  router.openapi(
    createRoute({
      method: "get",
      path: "/api/worlds/{w}",
      summary: "Show a world",
      request: { params },
      responses: { 200: jsonAnswer("The world", worldSchema), ...PROBLEMS },
    }),
    (context) => context.json(worldJson(requireWorld(worlds, context.req.valid("param").w)), STATUS_CODE.OK),
  );
  router.openapi(
    createRoute({
      method: "delete",
      path: "/api/worlds/{w}",
      summary: "Delete a world and everything in it",
      request: { params },
      responses: { 204: { description: "It is gone" }, ...PROBLEMS },
    }),
    (context) => {
      const { w } = context.req.valid("param");
      requireWorld(worlds, w);
      worlds.delete(w);
      return context.body(null, STATUS_CODE.NoContent);
    },
  );
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Defined<T>;
}
