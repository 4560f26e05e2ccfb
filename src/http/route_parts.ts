import type { z } from "@hono/zod-openapi";
import { echo, VoxcastError } from "../protocol/mod.ts";
import type { World, Worlds } from "../world/mod.ts";
import type { Router } from "./router_type.ts";
import { problemSchema } from "./schemas.ts";

/** The part of a route's `responses` that describes every error. */
export const PROBLEMS = {
  default: {
    description: "An error, with a code of the catalogue",
    content: { "application/problem+json": { schema: problemSchema } },
  },
} as const;

/** A JSON answer of a route. */
export function jsonAnswer<S extends z.ZodType>(
  description: string,
  schema: S,
): { description: string; content: { "application/json": { schema: S } } } {
  return { description, content: { "application/json": { schema } } };
}

/** A JSON body of a route, for the document only: the router must not read bodies itself, as it would without a limit. */
export interface DocumentedBody {
  readonly required: boolean;
  readonly content: { "application/json": { schema: { $ref: string } } };
}

/**
 * Registers a zod schema with the document, and describes a body by it; the handler reads and checks the body.
 *
 * @param required whether a request without a body is refused
 */
export function documentedBody(
  router: Router,
  name: string,
  schema: z.ZodType,
  required: boolean = true,
): DocumentedBody {
  router.openAPIRegistry.register(name, schema);
  return {
    required,
    content: { "application/json": { schema: { $ref: `#/components/schemas/${name}` } } },
  };
}

/** A name out of a request as an answer may repeat it: cut, so that no answer is as long as its question. */
export function shownName(name: string): string {
  return echo(name);
}

/**
 * The world of a request.
 * @throws {VoxcastError} WORLD_NOT_FOUND
 */
export function requireWorld(worlds: Worlds, id: string): World {
  const world = worlds.get(id);
  if (world === undefined) throw new VoxcastError("WORLD_NOT_FOUND", `There is no world ${shownName(id)}`);
  return world;
}
