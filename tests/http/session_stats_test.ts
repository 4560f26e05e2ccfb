import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { SESSION_METRICS, SESSION_REASONS } from "../../src/http/session_metrics.ts";
import { shortNumber } from "../../src/http/short_number.ts";
import { snakeKeys } from "../../src/http/snake_keys.ts";
import { bearer, principal } from "./principals.ts";
import { createTestServer, problemOf, STATUS } from "./server.ts";

Deno.test("/ws/stats shows the sockets of all paths, and who was there", async () => {
  const { call, clock } = createTestServer();
  const stats = await (await call("GET", "/ws/stats")).json();
  assertEquals([stats.timestamp, stats.total_connections], [clock.now(), 9]);
  assertEquals(stats.sessions, {
    authenticated: 7,
    unauthenticated: 2,
    lingering: 10,
    entries: 29,
    subscriptions: 11,
    refused: { server: 1, overloaded: 12 },
    messages_in: 13,
    messages_out: 14,
    bytes_in: 15,
    bytes_out: 16,
    dropped_frames: 17,
    undelivered: 18,
    heartbeat_timeouts: 19,
    slow_consumers: 20,
    compression: { messages: 21, plain_bytes: 200, sent_bytes: 50, ratio: 0.25 },
    latency: { samples: 22, avg_ms: 0.5123, p50_ms: 0.25, p99_ms: 4.12, max_ms: 8 },
    limits: { violations: 23, bans: 24, rate_limited: 25 },
    guard: { known_bytes: 30, unexplained_bytes: 31, closed: 32 },
    auth: { successes: 26, failures: { wrong_key: 27, expired: 0 }, lockouts: 28 },
  });
  assertEquals(stats.ended, STATUS.audit());
});

Deno.test("/ws/stats shows from where connections come to moderators and owners only", async () => {
  const row = { id: "c", "remote_address": "192.0.2.9" };
  const { call } = createTestServer({
    principals: { v: principal("viewer"), p: principal("participant"), m: principal("moderator") },
    deps: { status: () => ({ ...STATUS, connections: () => [row] }) },
  });
  const rowsFor = async (key: string) => {
    const { connections, ended } = await (await call("GET", "/ws/stats", undefined, bearer(key))).json();
    return [...connections, ...ended];
  };
  assertEquals(await rowsFor("m"), [row, ...STATUS.audit()]);
  for (const key of ["v", "p"]) {
    const rows = await rowsFor(key);
    assertEquals([rows.length, rows[0]], [2, { id: "c" }]);
    assert(!JSON.stringify(rows).includes("192.0.2"));
  }
});

Deno.test("/ws/{world}/stats shows one world's connections and records, not from where they came", async () => {
  const { call, clock } = createTestServer();
  assertEquals(await (await call("GET", "/ws/main/stats")).json(), {
    room_id: "main",
    connection_count: 1,
    connections: [{ id: "of main", room_id: "main", user_id: "key:a", client_id: null, connected_at: 1234 }],
    ended: [{ record: "connection", connection_id: "gone", world: "main" }],
    timestamp: clock.now(),
  });
  await problemOf(await call("GET", "/ws/nowhere/stats"), "WORLD_NOT_FOUND");
});

Deno.test("the metrics hold every number of the sockets under a name of its own, in both renderings", async () => {
  const { call } = createTestServer();
  const text = await (await call("GET", "/api/metrics?format=prometheus")).text();
  const json = await (await call("GET", "/api/metrics?format=json")).json();
  const names = SESSION_METRICS.map(({ name }) => name);
  assertEquals(new Set(names).size, names.length);
  for (const { field, name, kind, help, read } of SESSION_METRICS) {
    assert(/^voxcast_session_[a-z0-9_]+$/.test(name), name);
    assertEquals(name.endsWith("_total"), kind === "counter");
    assertStringIncludes(text, `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n${name} ${read(STATUS)}\n`);
    assertEquals([field, at(json, field)], [field, shortNumber(read(STATUS))]);
  }
  for (const { field, name, read } of SESSION_REASONS) {
    assertEquals([field, at(json, field)], [field, read(STATUS)]);
    for (const [reason, count] of Object.entries(read(STATUS))) {
      if (count > 0) assertStringIncludes(text, `${name}{reason="${reason}"} ${count}\n`);
    }
  }
  // Nothing that the status has is left out.
  const shown = [...SESSION_METRICS, ...SESSION_REASONS].map(({ field }) => field);
  for (const [group, value] of Object.entries(STATUS.session)) {
    assert(shown.some((field) => field.startsWith(`session.${group}`)), `${group} ${value}`);
  }
});

Deno.test("what is counted by reason grows by what the server reports, and a new reason begins", async () => {
  let refused: Record<string, number> = { server: 2 };
  const { call, clock } = createTestServer({
    deps: { status: () => ({ ...STATUS, session: { ...STATUS.session, refused } }) },
  });
  const shown = async () => {
    clock.advance(10_000);
    return (await (await call("GET", "/api/metrics")).json()).session.refused;
  };
  assertEquals(await shown(), { server: 2 });
  refused = { server: 5, address: 1 };
  assertEquals(await shown(), { server: 5, address: 1 });
  assertEquals(await shown(), { server: 5, address: 1 });
});

Deno.test("numbers of an answer have two decimals, four below one, and whole ones stay", () => {
  const given = [0, 7, -3, 4.123456789, 1234567.891, 0.512345678, 0.00004, -2.345678, 2 ** 53];
  assertEquals(given.map(shortNumber), [0, 7, -3, 4.12, 1234567.89, 0.5123, 0, -2.35, 2 ** 53]);
  assertEquals(snakeKeys({ aB: { hitRate: 1 / 3 } }), { a_b: { hit_rate: 0.3333 } });
});

Deno.test("names become snake_case at every depth, lists and values stay", () => {
  assertEquals(snakeKeys({ aB: { p50Ms: 1, "wrong-key": null }, list: [{ aB: 1 }], text: "aB" }), {
    a_b: { p50_ms: 1, wrong_key: null },
    list: [{ aB: 1 }],
    text: "aB",
  });
});

function at(json: unknown, field: string): unknown {
  return field.split(".").reduce((value, name) => (value as Record<string, unknown>)[name], json);
}
