import { assert, assertEquals } from "@std/assert";
import { createLogger } from "../../src/observe/mod.ts";
import { visibleText } from "../../src/protocol/mod.ts";
import { INVISIBLE, SCHEMING_TEXTS, UNSEEN_TEXTS } from "../support/hostile_text.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { createTestServer, problemOf, type TestServer } from "./server.ts";

const ENTITIES = "/api/worlds/main/entities";
const BOX = { type: "fish", position: [4, 4, 4], size: [1, 1, 1], color: "#ff0000" };
const JSON_TYPE = { "content-type": "application/json" };
/** Texts that an address can hold: it is UTF-8, in which a lone surrogate does not exist. */
const UNSEEN_IN_ADDRESSES = Object.values(UNSEEN_TEXTS).filter((text) => text.isWellFormed());

/** A server that writes real log lines of everything it does. */
function createLoggingServer(format: "text" | "json" = "text"): TestServer & { readonly lines: string[] } {
  const lines: string[] = [];
  const logger = createLogger({
    level: "debug",
    format,
    write: (line) => lines.push(line),
    clock: new ManualClock(),
  });
  return Object.assign(createTestServer({ deps: { logger } }), { lines });
}

/** The answer's text, after checking that it is data, shows every character, and carries nothing in its headers. */
async function plainText(response: Response): Promise<string> {
  const text = await response.text();
  assert(!INVISIBLE.test(text.replaceAll("\n", "")), JSON.stringify(text));
  for (const [name, value] of response.headers) {
    assert(!INVISIBLE.test(value), `${name}: ${JSON.stringify(value)}`);
    assert(
      !name.startsWith("x-forged") && !value.includes("forged") && !value.includes("pwned"),
      `${name}: ${value}`,
    );
  }
  assertEquals(response.headers.get("x-content-type-options"), "nosniff");
  return text;
}

Deno.test("an entity's id, type and source with characters that are not seen are refused wherever they stand", async () => {
  const { call, main } = createTestServer();
  await call("PUT", `${ENTITIES}/nemo`, BOX);
  const before = main.seq;
  for (const text of Object.values(UNSEEN_TEXTS)) {
    const refusals = [
      ["PUT", `${ENTITIES}/a`, { ...BOX, id: text }],
      ["PUT", `${ENTITIES}/a`, { ...BOX, type: text }],
      ["PUT", `${ENTITIES}/a`, { ...BOX, source: text }],
      ["PATCH", `${ENTITIES}/nemo`, { type: text }],
      ["PATCH", `${ENTITIES}/nemo`, { source: text }],
      ["POST", `${ENTITIES}/bulk`, { source: text, put: [] }],
      ["POST", `${ENTITIES}/bulk`, { source: "s", atomic: true, put: [{ ...BOX, id: text }] }],
      ["POST", `${ENTITIES}/bulk`, { source: "s", atomic: true, patch: [{ id: "nemo", type: text }] }],
      ["POST", `${ENTITIES}/bulk`, { source: "s", atomic: true, remove: [text] }],
      ["POST", "/api/worlds", { id: text }],
    ] as const;
    for (const [method, path, body] of refusals) {
      const response = await call(method, path, body);
      await plainText(response.clone());
      await problemOf(response, "INVALID_FIELD");
    }
    const bulk = await call("POST", `${ENTITIES}/bulk`, {
      source: "s",
      put: [{ ...BOX, id: text }],
      remove: [text],
    });
    const { applied, errors } = JSON.parse(await plainText(bulk));
    assertEquals([applied, errors.map(({ path }: { path: string }) => path)], [0, ["put.0.id", "remove.0"]]);
  }
  assertEquals([main.seq, main.entityCount], [before, 1]);
});

Deno.test("addresses with characters that are not seen find nothing and are repeated as seen", async () => {
  const { call, main, lines } = createLoggingServer();
  for (const text of UNSEEN_IN_ADDRESSES) {
    const part = encodeURIComponent(text);
    for (const method of ["GET", "PUT", "PATCH", "DELETE"]) {
      const body = method === "GET" || method === "DELETE" ? undefined : BOX;
      const response = await call(method, `${ENTITIES}/${part}`, body);
      await plainText(response.clone());
      await problemOf(response, "INVALID_FIELD");
    }
    const named = `There is no world ${visibleText(text)}`;
    for (
      const [method, path] of [["GET", ""], ["DELETE", ""], ["GET", "/entities"], [
        "GET",
        "/voxels?min=0,0,0&max=1,1,1",
      ]]
    ) {
      const { detail } = await problemOf(
        await call(method!, `/api/worlds/${part}${path}`),
        "WORLD_NOT_FOUND",
      );
      // A long name is cut, so its beginning is compared.
      assertEquals((detail as string).slice(0, 40), named.slice(0, 40));
    }
    for (
      const path of [
        `/${part}`,
        `/assets/${part}`,
        `/api/${part}`,
        `/ws/${part}/stats`,
        `/ws/render?world=${part}`,
        `${ENTITIES}?after=${part}`,
        `${ENTITIES}?limit=${part}`,
        `/api/worlds/main/voxels?min=${part}&max=${part}`,
        `/api/metrics?format=${part}`,
      ]
    ) {
      const response = await call("GET", path);
      await plainText(response.clone());
      assert(response.status < 500, `${response.status} for ${path}`);
    }
    const clear = await call("DELETE", `/api/worlds/main/voxels?regions=${part}`);
    await plainText(clear.clone());
    await problemOf(clear, "INVALID_FIELD");
  }
  assertEquals([main.seq, main.entityCount], [0, 0]);
  assert(lines.length > UNSEEN_IN_ADDRESSES.length);
  for (const line of lines) assert(!INVISIBLE.test(line), JSON.stringify(line));
});

Deno.test("names of fields that are not known are repeated as seen, and long ones cut", async () => {
  const { call } = createTestServer();
  for (const text of [...Object.values(UNSEEN_TEXTS), ...SCHEMING_TEXTS]) {
    for (
      const [method, path, body] of [
        ["POST", "/api/worlds", { id: "w", [text]: 1 }],
        ["PUT", `${ENTITIES}/a`, { ...BOX, [text]: 1 }],
        ["POST", `${ENTITIES}/bulk`, { source: "s", [text]: 1 }],
        ["POST", `${ENTITIES}/bulk`, { source: "s", put: [{ ...BOX, id: "a", [text]: 1 }] }],
        ["POST", "/api/worlds/main/voxels", { voxels: [], [text]: 1 }],
        ["POST", "/api/tickets", { [text]: 1 }],
      ] as const
    ) {
      // Written by hand: a literal with the key __proto__ would lose it.
      const json = text === "__proto__" ? withProto(body) : JSON.stringify(body);
      const response = await call(method, path, json, JSON_TYPE);
      const answer = await plainText(response.clone());
      assert(response.status < 500 && (response.status >= 400 || answer.includes('"error_count":1')), answer);
      assert(answer.length < 2000, answer);
    }
    const twice = `{${JSON.stringify(text)}:1,${JSON.stringify(text)}:2}`;
    const response = await call("POST", "/api/worlds", twice, JSON_TYPE);
    await plainText(response.clone());
    const { detail } = await problemOf(response, "CONFLICTING_FIELD");
    assert((detail as string).startsWith(`Field '${visibleText(text)}`.slice(0, 20)), String(detail));
  }
});

Deno.test("a name that only looks like code is stored and shown as it is, as JSON", async () => {
  const { call, main, worlds } = createTestServer();
  for (const text of SCHEMING_TEXTS) {
    const path = `${ENTITIES}/${encodeURIComponent(text)}`;
    const put = await call("PUT", path, {
      ...BOX,
      id: text,
      type: text.slice(0, 64),
      source: text.slice(0, 64),
    });
    assertEquals(put.status, 201, text);
    const shown = await call("GET", path);
    assertEquals(shown.headers.get("content-type"), "application/json");
    const { id, type, source } = JSON.parse(await plainText(shown));
    assertEquals([id, type, source], [text, text.slice(0, 64), text.slice(0, 64)]);
    // The same text is no name of a world.
    if (text !== "constructor") {
      await problemOf(await call("POST", "/api/worlds", { id: text }), "INVALID_FIELD");
    }
  }
  assertEquals([...main.entities()].map(({ id }) => id), [...SCHEMING_TEXTS]);
  const list = JSON.parse(await plainText(await call("GET", `${ENTITIES}?limit=1000`)));
  assertEquals(list.entities.length, SCHEMING_TEXTS.length);
  for (const text of SCHEMING_TEXTS) {
    assertEquals((await call("DELETE", `${ENTITIES}/${encodeURIComponent(text)}`)).status, 200);
  }
  assertEquals([main.entityCount, worlds.count], [0, 1]);
});

Deno.test("a world may be called constructor, and is counted and shown like any other", async () => {
  const { call, worlds } = createTestServer();
  await problemOf(await call("GET", "/api/worlds/constructor"), "WORLD_NOT_FOUND");
  await problemOf(await call("GET", "/api/worlds/__proto__"), "WORLD_NOT_FOUND");
  assertEquals((await call("POST", "/api/worlds", { id: "constructor" })).status, 201);
  assertEquals((await call("PUT", "/api/worlds/constructor/entities/__proto__", BOX)).status, 201);
  assertEquals(worlds.get("constructor")!.entityCount, 1);
  const metrics = await (await call("GET", "/api/metrics")).json();
  assertEquals(metrics.worlds.constructor.entities, 1);
  assertEquals((await call("GET", "/ws/constructor/stats")).status, 200);
});

Deno.test("__proto__ and constructor in any object of a body change nothing and are read by nobody", async () => {
  const pollution = JSON.stringify({
    ...BOX,
    source: "polluted",
    atomic: true,
    id: "polluted",
    polluted: true,
  });
  const attacks = [
    `"__proto__":${pollution}`,
    `"constructor":{"prototype":${pollution}}`,
    `"__proto__":{"__proto__":${pollution}}`,
  ];
  const bodies: readonly [method: string, path: string, body: object][] = [
    ["POST", "/api/worlds", { id: "w", bounds: { min: [0, 0, 0], max: [16, 16, 16] } }],
    ["PUT", `${ENTITIES}/a`, {}],
    ["PATCH", `${ENTITIES}/nemo`, {}],
    ["POST", `${ENTITIES}/bulk`, { source: "school", put: [{ id: "b" }], patch: [{ id: "nemo" }] }],
    ["POST", "/api/worlds/main/voxels", { voxels: [{ position: [1, 1, 1] }] }],
    ["POST", "/api/tickets", {}],
  ];
  const { call, main, worlds } = createTestServer();
  await call("PUT", `${ENTITIES}/nemo`, { ...BOX, source: "school" });
  const names = Object.getOwnPropertyNames(Object.prototype).sort();
  for (const [method, path, body] of bodies) {
    const text = JSON.stringify(body);
    for (let at = text.indexOf("{"); at >= 0; at = text.indexOf("{", at + 1)) {
      const comma = text[at + 1] === "}" ? "" : ",";
      for (const attack of attacks) {
        const attacked = text.slice(0, at + 1) + attack + comma + text.slice(at + 1);
        const response = await call(method, path, attacked, JSON_TYPE);
        const answer = await plainText(response);
        assert(response.status < 500, answer);
        assert(!answer.includes('"polluted"'), `${attacked} gives ${answer}`);
      }
    }
  }
  assertEquals(Object.getOwnPropertyNames(Object.prototype).sort(), names);
  assertEquals(({} as Record<string, unknown>)["polluted"], undefined);
  // What a prototype would have completed is not there; what was there is as it was.
  assertEquals([...main.entities()].map(({ id, source }) => [id, source]), [["nemo", "school"]]);
  assertEquals([main.voxelCount, worlds.get("w")?.entityCount ?? 0], [0, 0]);
});

Deno.test("headers with hostile text fail nothing and are not repeated", async () => {
  // A header can hold Latin-1 without controls below U+0020.
  const texts = [
    "<script>pwned</script>",
    "__proto__",
    "\x9b31mforged",
    "a\u00adforged",
    '"forged',
    "forged".repeat(500),
  ];
  for (const format of ["text", "json"] as const) {
    const { call, lines } = createLoggingServer(format);
    for (const text of texts) {
      for (
        const name of [
          ...[
            "content-type",
            "content-encoding",
            "accept",
            "accept-encoding",
            "if-none-match",
            "origin",
            "referer",
          ],
          ...[
            "authorization",
            "cookie",
            "user-agent",
            "x-request-id",
            "x-forwarded-for",
            "forwarded",
            "upgrade",
          ],
          ...["sec-websocket-protocol", "sec-fetch-site", "access-control-request-method"],
        ]
      ) {
        for (
          const [method, path] of [["GET", "/api/info"], ["POST", "/api/worlds"], ["GET", "/ws/render"], [
            "OPTIONS",
            "/api/info",
          ]]
        ) {
          const body = method === "POST" ? "{}" : undefined;
          const response = await call(method!, path!, body, { [name]: text });
          assert(response.status < 500, `${response.status} for ${name}: ${text}`);
          const answer = await plainText(response);
          assert(!answer.includes("pwned") && !answer.includes("forged"), answer);
        }
      }
    }
    for (const line of lines) assert(!INVISIBLE.test(line), JSON.stringify(line));
  }
});

/** The body with a key `__proto__` of its own beside its last one. */
function withProto(body: object): string {
  const text = JSON.stringify(body);
  const end = text.endsWith("}]}") ? text.length - 3 : text.length - 1;
  const comma = text[end - 1] === "{" ? "" : ",";
  return `${text.slice(0, end)}${comma}"__proto__":1${text.slice(end)}`;
}
