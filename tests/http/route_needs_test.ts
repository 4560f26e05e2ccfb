import { assert, assertEquals, assertThrows } from "@std/assert";
import { OpenAPIHono } from "@hono/zod-openapi";
import { EndpointCache } from "../../src/http/endpoint_cache.ts";
import { addRouteGuards } from "../../src/http/route_guard.ts";
import { ROUTE_NEEDS } from "../../src/http/route_needs.ts";
import { RouteTable } from "../../src/http/route_table.ts";
import { createRouter } from "../../src/http/router.ts";
import type { Router } from "../../src/http/router_type.ts";
import { Metrics } from "../../src/observe/mod.ts";
import { ROLES } from "../../src/security/mod.ts";
import { needs, testWith } from "../support/needs.ts";
import { bearer, principal, UPGRADE } from "./principals.ts";
import { createTestServer, problemOf, type TestServer } from "./server.ts";

const need = await needs({ read: "docs" });
/** A name that stands nowhere but in what belongs to world b. */
const SECRET = "of-b-only";
const B = `b-${SECRET}`;
const KEYS = {
  "viewer-key": principal("viewer"),
  "participant-key": principal("participant"),
  "moderator-key": principal("moderator"),
  "owner-key": principal("owner"),
  "a-viewer-key": { ...principal("viewer", ["a"]), id: "key:a-viewer" },
  "a-owner-key": { ...principal("owner", ["a"]), id: "key:a-owner" },
};

/** Worlds `a` and `b`, each with a voxel and an entity. */
function createServer(): TestServer {
  const server = createTestServer({
    principals: KEYS,
    config: {
      defaultWorld: B,
      limits: { httpRequests: 1000, settingsRequests: 1000, snapshotRequests: 1000 },
    },
    assets: { "index.html": "page", "viewer.js": "go()" },
  });
  const bounds = { min: [0, 0, 0], max: [16, 16, 16] } as const;
  for (const id of ["a", B]) {
    const world = server.worlds.create(id, {
      bounds: { min: [...bounds.min], max: [...bounds.max] },
      level: 1,
      depth: 3,
    });
    world.apply({
      kind: "entities",
      source: "test",
      put: [{
        id: `entity-${id}`,
        type: `type-${id}`,
        position: [4, 4, 4],
        size: [1, 1, 1],
        color: 0xffffffff,
      }],
    });
  }
  return server;
}

/** A request to a declared route about `world`, as valid as it can be. */
function ask({ call }: TestServer, route: string, world: string, key?: string): Promise<Response> {
  const [method, pattern] = route.split(" ") as [string, string];
  const path = pattern.replace("{w}", world).replace("{id}", `entity-${world}`).replace(
    "{name}",
    "viewer.js",
  ).replace("{key}", "1%2F0");
  const isSocket = ROUTE_NEEDS[route]!.limit === "connects";
  const query = isSocket
    ? `?world=${world}`
    : route === "GET /api/worlds/{w}/voxels"
    ? "?min=0,0,0&max=8,8,8"
    : "";
  const headers = { ...(isSocket ? UPGRADE : {}), ...(key === undefined ? {} : bearer(key)) };
  return call(method, path + query, bodyOf(route, world), headers);
}

function bodyOf(route: string, world: string): unknown {
  switch (route) {
    case "POST /api/tickets":
      return { world };
    case "POST /api/worlds":
      return { id: `${world}-new` };
    case "POST /api/worlds/{w}/voxels":
      return { voxels: [{ position: [1, 1, 1], color: "#ffffff" }] };
    case "POST /api/worlds/{w}/pick":
      return { origin: [0, 0, 0], direction: [1, 1, 1] };
    case "POST /api/worlds/{w}/entities/bulk":
      return { source: "test", remove: ["nobody"] };
    case "PUT /api/worlds/{w}/entities/{id}":
      return { type: "", position: [1, 1, 1], size: [1, 1, 1], color: "#ffffff" };
    case "PATCH /api/worlds/{w}/entities/{id}":
      return { color: "#000000" };
    default:
      return undefined;
  }
}

Deno.test("every route that the server has is declared, and nothing else is", () => {
  const { deps } = createTestServer();
  const router = createRouter({ ...deps, metrics: new Metrics() }, new EndpointCache(deps.clock, 1000));
  const declared = Object.keys(ROUTE_NEEDS).map((route) => route.replaceAll(/\{(\w+)\}/g, ":$1"));
  assertEquals([...new RouteTable(router).list()].sort(), declared.sort());
});

testWith(need, "the operator's table of requests says what is declared, in the same order", async () => {
  const text = await Deno.readTextFile(new URL("../../docs/operations.md", import.meta.url));
  const rows = [...text.matchAll(/^\| `([A-Z]+ \/[^`]*)` *\| (.*?) *\| (.*?) *\| (.*?) *\|$/gm)];
  const expected = Object.entries(ROUTE_NEEDS).map(([route, { access, scope, limit, inBand, waits }]) => [
    route,
    access === "public"
      ? "nobody need be known"
      : `${access}${inBand ? ", or a credential in its first messages" : ""}`,
    access === "public"
      ? "-"
      : scope === "any"
      ? "any world"
      : scope === "server"
      ? "all worlds"
      : "that world",
    limit === "exempt" ? "not counted" : waits ? `${limit}, with \`wait\` longPolls` : limit,
  ]);
  assertEquals(rows.map(([, ...cells]) => cells), expected);
});

Deno.test("a route without a declaration does not start, and neither does a declaration without a route", () => {
  const router = new OpenAPIHono() as Router;
  const requireDeclared = addRouteGuards(router);
  for (const route of Object.keys(ROUTE_NEEDS)) {
    const [method, path] = route.replaceAll(/\{(\w+)\}/g, ":$1").split(" ") as [string, string];
    if (path !== "/api/info") router.on(method, path, (context) => context.text("there"));
  }
  assertThrows(requireDeclared, Error, "without a route: GET /api/info");
  router.get("/api/info", (context) => context.text("there"));
  requireDeclared();
  router.post("/api/new", (context) => context.text("there"));
  assertThrows(requireDeclared, Error, "without an entry in ROUTE_NEEDS: POST /api/new");
});

Deno.test("each route takes the least role that it declares and higher ones, and refuses lower ones and strangers", async () => {
  for (const [route, { access, inBand }] of Object.entries(ROUTE_NEEDS)) {
    for (const role of ROLES) {
      const response = await ask(createServer(), route, "a", `${role}-key`);
      const isEnough = access === "public" || ROLES.indexOf(role) >= ROLES.indexOf(access);
      if (isEnough) assert(response.ok, `${role} ${route}: ${response.status} ${await response.text()}`);
      else {
        assertEquals([route, role, response.status], [route, role, 403]);
        await problemOf(response, "NOT_ALLOWED");
      }
    }
    const stranger = await ask(createServer(), route, "a");
    if (access === "public" || inBand) assert(stranger.ok, route);
    else {
      assertEquals([route, stranger.status], [route, 401]);
      assertEquals(stranger.headers.get("www-authenticate"), 'Bearer realm="voxcast"');
      await problemOf(stranger, "UNAUTHORIZED");
    }
  }
});

Deno.test("a principal of world a gets no byte of world b by any route", async () => {
  for (const key of ["a-viewer-key", "a-owner-key"]) {
    for (const [route, { access, scope }] of Object.entries(ROUTE_NEEDS)) {
      const server = createServer();
      const response = await ask(server, route, B, key);
      const text = `${JSON.stringify([...response.headers])} ${await response.text()}`;
      assert(!text.includes(SECRET), `${route} says ${text}`);
      const isSocket = ROUTE_NEEDS[route]!.limit === "connects";
      if (access !== "public" && (scope !== "any" || isSocket)) {
        assertEquals([route, response.status], [route, 403]);
      }
      assertEquals(server.upgraded, []);
      assertEquals([server.worlds.get(B)?.entityCount, server.worlds.get(B)?.seq], [1, 1]);
    }
  }
});

Deno.test("the same principal may do all of it in its own world", async () => {
  for (const [route, { scope }] of Object.entries(ROUTE_NEEDS)) {
    if (scope === "server") continue;
    const response = await ask(createServer(), route, "a", "a-owner-key");
    assert(response.ok, `${route}: ${response.status} ${await response.text()}`);
  }
});

Deno.test("a world that is not there is refused in the very words of one that is", async () => {
  for (const [route, { scope }] of Object.entries(ROUTE_NEEDS)) {
    if (typeof scope === "string") continue;
    const answers = await Promise.all(["nowhere", B].map(async (world) => {
      const response = await ask(createServer(), route, world, "a-owner-key");
      return [response.status, await response.json()];
    }));
    assertEquals(answers[0], answers[1]);
  }
});

Deno.test("the world is read as the handler reads it, however it is written", async () => {
  const server = createServer();
  const written = [...B].map((char) => `%${char.charCodeAt(0).toString(16)}`).join("");
  for (const path of [`/api/worlds/${written}`, `/%61pi/worlds/${B}`, `/api/w%6frlds/${written}/entities`]) {
    const response = await server.call("GET", path, undefined, bearer("a-owner-key"));
    assertEquals([path, response.status], [path, 403]);
    assert(!(await response.text()).includes(SECRET));
  }
  for (
    const path of [
      `/api/worlds//${B}`,
      `/api/worlds/a/../${B}/`,
      `/api/worlds/a%2f..%2f${B}`,
      `/ws/a%2F${B}/stats`,
    ]
  ) {
    const response = await server.call("GET", path, undefined, bearer("a-owner-key"));
    assert([403, 404].includes(response.status), `${path} ${response.status}`);
    assert(!(await response.text()).includes(`"id":"${B}"`));
  }
});

Deno.test("lists name the worlds of the credential, and the default world only if it is one of them", async () => {
  const { call } = createServer();
  const names = async (key: string) => {
    const { worlds } = await (await call("GET", "/api/worlds", undefined, bearer(key))).json();
    return (worlds as { id: string }[]).map(({ id }) => id);
  };
  assertEquals(await names("a-viewer-key"), ["a"]);
  assertEquals(await names("viewer-key"), ["main", "a", B]);
  const info = async (key: string) => await (await call("GET", "/api/info", undefined, bearer(key))).json();
  const { worlds, worldCount, defaultWorld } = await info("a-viewer-key");
  assertEquals([worlds, worldCount, defaultWorld], [["a"], 1, undefined]);
  const all = await info("viewer-key");
  assertEquals([all.worlds, all.worldCount, all.defaultWorld], [["main", "a", B], 3, B]);
});

Deno.test("who may not do something is refused before its body is read", async () => {
  const { call } = createServer();
  let pulled = 0;
  const endless = () =>
    new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller): void {
        pulled++;
        controller.enqueue(new Uint8Array(1024));
      },
    }, { highWaterMark: 0 });
  const json = { "content-type": "application/json" };
  const attempts: [string, string, string][] = [
    ["POST", `/api/worlds/${B}/voxels`, "a-owner-key"],
    ["POST", "/api/worlds", "a-owner-key"],
    ["POST", "/api/worlds/a/entities/bulk", "viewer-key"],
  ];
  for (const [method, path, key] of attempts) {
    await problemOf(await call(method, path, endless(), { ...json, ...bearer(key) }), "NOT_ALLOWED");
  }
  assertEquals(pulled, 0);
});
