import { assert, assertEquals } from "@std/assert";
import { EndpointCache } from "../../src/http/endpoint_cache.ts";
import { RouteTable } from "../../src/http/route_table.ts";
import { createRouter } from "../../src/http/router.ts";
import { Metrics } from "../../src/observe/mod.ts";
import { createTestServer } from "./server.ts";

interface Document {
  readonly openapi: string;
  readonly info: Record<string, unknown>;
  readonly paths: Record<
    string,
    Record<string, { summary?: string; responses: object; security?: object[] }>
  >;
  readonly components: { readonly schemas: Record<string, unknown> };
}

async function fetchDocument(): Promise<Document> {
  const { call } = createTestServer();
  return await (await call("GET", "/api/openapi.json")).json();
}

Deno.test("the OpenAPI document lists exactly the routes that answer", async () => {
  const document = await fetchDocument();
  const listed = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ":$1")}`)
  );
  const { deps } = createTestServer();
  const router = createRouter({ ...deps, metrics: new Metrics() }, new EndpointCache(deps.clock, 1000));
  assertEquals(listed.sort(), [...new RouteTable(router).list()].sort());
  assert(listed.length >= 20);
});

Deno.test("the OpenAPI document is 3.1, whole, and says what each route is for", async () => {
  const document = await fetchDocument();
  assertEquals([document.openapi, document.info["version"]], ["3.1.0", "1.2.3"]);
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, route] of Object.entries(methods)) {
      assert(route.summary !== undefined && Object.keys(route.responses).length > 0, `${method} ${path}`);
    }
  }
  const text = JSON.stringify(document);
  for (const [, name] of text.matchAll(/#\/components\/schemas\/(\w+)/g)) {
    assert(Object.hasOwn(document.components.schemas, name!), `${name} is referred to and not there`);
  }
  for (const name of ["Entity", "EntityBulk", "VoxelPatch", "World", "WorldCreate", "Problem", "ItemError"]) {
    assert(Object.hasOwn(document.components.schemas, name), name);
  }
});

/** Every object in a JSON value, outer before inner. */
function* objectsIn(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) yield value as Record<string, unknown>;
  for (const inner of Object.values(value)) yield* objectsIn(inner);
}

Deno.test("every pattern of the document needs no flags and fits its own example", async () => {
  const found = [...objectsIn(await fetchDocument())].filter(({ pattern }) => typeof pattern === "string");
  assert(found.length >= 3);
  for (const { pattern, example } of found) {
    assert(!/^\/|\/[a-z]*$/.test(pattern as string), `${pattern} is written as a literal`);
    assert(typeof example === "string", `${pattern} has no example`);
    assert(new RegExp(pattern as string, "u").test(example), `${example} is not of ${pattern}`);
  }
});

Deno.test("every tuple of the document has the length of its items", async () => {
  const found = [...objectsIn(await fetchDocument())].filter(({ prefixItems }) => Array.isArray(prefixItems));
  assert(found.length >= 3);
  for (const { prefixItems, minItems, maxItems } of found) {
    const { length } = prefixItems as unknown[];
    assertEquals([minItems, maxItems], [length, length]);
  }
});

Deno.test("with a key the document asks for it everywhere but at the public addresses", async () => {
  const { call } = createTestServer({ config: { security: { apiKey: "0123456789" } } });
  const response = await call("GET", "/api/openapi.json", undefined, { authorization: "Bearer 0123456789" });
  const { paths, ...rest } = await response.json() as Document & { security: object[] };
  assertEquals(rest.security, [{ bearer: [] }]);
  const open = Object.entries(paths).filter(([, methods]) => methods["get"]?.security?.length === 0);
  assertEquals(open.map(([path]) => path).sort(), ["/", "/api/health", "/assets/{name}"]);
});
