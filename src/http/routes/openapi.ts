import { createRoute, z } from "@hono/zod-openapi";
import { STATUS_CODE } from "@std/http/status";
import type { HttpDeps } from "../http_deps.ts";
import { jsonAnswer } from "../route_parts.ts";
import type { Router } from "../router_type.ts";

/** `/api/openapi.json`: every route of the router, as OpenAPI 3.1. Made once, when first asked for. */
export function addOpenApiRoute(router: Router, { version, authenticator }: HttpDeps): void {
  let document: Record<string, unknown> | undefined;
  const scheme = router.openAPIRegistry.registerComponent("securitySchemes", "bearer", {
    type: "http",
    scheme: "bearer",
    description: "An API key or a token; asked for only if the server has any credential",
  });
  router.openapi(
    createRoute({
      method: "get",
      path: "/api/openapi.json",
      summary: "This document",
      responses: { 200: jsonAnswer("OpenAPI 3.1", z.looseObject({ openapi: z.string() })) },
    }),
    (context) => {
      document ??= {
        ...router.getOpenAPI31Document({
          openapi: "3.1.0",
          info: { title: "Voxcast", version, license: { name: "MIT" } },
          security: authenticator.isOpen ? [] : [{ [scheme.name]: [] }],
        }),
      };
      return context.json({ openapi: "3.1.0", ...document }, STATUS_CODE.OK);
    },
  );
}
