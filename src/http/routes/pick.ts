import { createRoute, z } from "@hono/zod-openapi";
import { STATUS_CODE } from "@std/http/status";
import type { HttpDeps } from "../http_deps.ts";
import { readJsonAs } from "../json_body.ts";
import { smallRule } from "../json_rules.ts";
import { hitJson, pickedSchema, pickRequest, pickSchema } from "../pick_json.ts";
import { documentedBody, jsonAnswer, PROBLEMS, requireWorld } from "../route_parts.ts";
import type { Router } from "../router_type.ts";
import { snapshotFault } from "../snapshot_fault.ts";

/** What a ray, or the ray through a point of a picture, meets first. */
export function addPickRoute(router: Router, { config, snapshots, worlds }: HttpDeps): void {
  router.openapi(
    createRoute({
      method: "post",
      path: "/api/worlds/{w}/pick",
      summary: "Ask what a ray, or the ray through a point of a picture, meets first",
      description: "Regions that are not built yet are built first; with 503 that has taken too long.",
      request: {
        params: z.object({ w: z.string() }),
        body: documentedBody(router, "Pick", pickSchema),
      },
      responses: { 200: jsonAnswer("What it meets; `hit` is null if nothing", pickedSchema), ...PROBLEMS },
    }),
    async (context) => {
      const { w } = context.req.valid("param");
      requireWorld(worlds, w);
      const request = pickRequest(await readJsonAs(context.req.raw, smallRule(config), pickSchema));
      const world = requireWorld(worlds, w);
      const { signal } = context.req.raw;
      try {
        const { kind, hit } = await snapshots.pick(world, request, signal);
        const { epoch } = world;
        const shown = hit === undefined ? null : hitJson(world.grid, kind, hit);
        return context.json({ epoch, hit: shown }, STATUS_CODE.OK);
      } catch (error) {
        throw snapshotFault(error, signal);
      }
    },
  );
}
