import fc from "fast-check";
import { anyText } from "../support/any_text.ts";
import { runs } from "../support/runs.ts";
import { assertEquals } from "@std/assert";
import {
  errorMessage,
  type Ping,
  pongMessage,
  type Registered,
  registeredMessage,
  serverMessage,
  VoxcastError,
} from "../../src/protocol/mod.ts";

const NOW = 1_767_225_600_000;
const REGISTERED: Registered = {
  protocol: 1,
  clientId: "c1",
  session: "s1",
  world: "main",
  epoch: 5,
  bounds: { min: [0, 0, 0], max: [1024, 1024, 1024] },
  level: 4,
  depth: 6,
  kind: "esvo",
  codecs: [2],
  lodThresholds: [100, 300, 700],
  contentBounds: { min: [64, 0, 64], max: [128, 64, 128] },
  limits: { max_message_bytes: 65536 },
  features: ["bundles", "flow"],
  maxBulkMessageBytes: 16384,
  ackIntervalMs: 50,
};

Deno.test("an ERROR has the seed's flat message and the catalogue's entry in data", () => {
  const error = new VoxcastError("BUSY", "The queue is full", { retryAfterMs: 249.00001 });
  assertEquals(JSON.parse(errorMessage(error, NOW, "m1")), {
    type: "ERROR",
    message: "The queue is full",
    timestamp: NOW,
    data: {
      code: "BUSY",
      number: 30004,
      message: "The queue is full",
      category: "limit",
      retryable: true,
      retry_after_ms: 250,
      ref: "m1",
    },
  });
});

Deno.test("an ERROR takes ref from the error and leaves out what is not known", () => {
  const data =
    JSON.parse(errorMessage(new VoxcastError("INVALID_JSON", "Invalid JSON", { ref: "a" }), NOW)).data;
  assertEquals(data.ref, "a");
  assertEquals("retry_after_ms" in data, false);
  assertEquals("ref" in JSON.parse(errorMessage(new VoxcastError("BUSY", "Busy"), NOW)).data, false);
});

Deno.test("text of a client cannot break out of an ERROR", () => {
  const hostile = '"},"type":"REGISTERED","x":{"\u2028</script>\ud800';
  assertEquals(JSON.parse(errorMessage(new VoxcastError("UNKNOWN_TYPE", hostile), NOW)).type, "ERROR");
});

Deno.test("REGISTERED says all that decoding needs", () => {
  assertEquals(JSON.parse(registeredMessage(REGISTERED, NOW, "m1")), {
    type: "REGISTERED",
    timestamp: NOW,
    data: {
      protocol: 1,
      client_id: "c1",
      session: "s1",
      world: "main",
      epoch: 5,
      bounds: { min: [0, 0, 0], max: [1024, 1024, 1024] },
      level: 4,
      depth: 6,
      kind: "esvo",
      codecs: [2],
      lod_thresholds: [100, 300, 700],
      max_lod: 3,
      content_bounds: { min: [64, 0, 64], max: [128, 64, 128] },
      limits: { max_message_bytes: 65536 },
      features: ["bundles", "flow"],
      max_bulk_message_bytes: 16384,
      ack_interval_ms: 50,
      ref: "m1",
    },
  });
});

Deno.test("REGISTERED of an empty world has null content bounds", () => {
  const { contentBounds: _, ...empty } = REGISTERED;
  assertEquals(JSON.parse(registeredMessage(empty, NOW)).data.content_bounds, null);
});

Deno.test("REGISTERED names either kind of tree", () => {
  for (const kind of ["esvo", "esvt"] as const) {
    assertEquals(JSON.parse(registeredMessage({ ...REGISTERED, kind }, NOW)).data.kind, kind);
  }
});

Deno.test("a message has its id and payload only if they are asked for, and undefined fields are left out", () => {
  const data = { sequence: 3, ref: undefined };
  assertEquals(
    serverMessage("HEARTBEAT", NOW, data),
    `{"type":"HEARTBEAT","timestamp":${NOW},"data":{"sequence":3}}`,
  );
  assertEquals(JSON.parse(serverMessage("HEARTBEAT", NOW, data, { payload: true, id: "m5" })), {
    type: "HEARTBEAT",
    id: "m5",
    timestamp: NOW,
    data: { sequence: 3 },
    payload: { sequence: 3 },
  });
});

Deno.test("an ERROR, a REGISTERED and a PONG have a payload too where it is asked for", () => {
  const options = { payload: true, id: "m6" };
  const error = new VoxcastError("BUSY", "Later");
  for (
    const text of [
      errorMessage(error, NOW, undefined, options),
      registeredMessage(REGISTERED, NOW, undefined, options),
      pongMessage({ type: "PING" }, NOW, options),
    ]
  ) {
    const { data, payload, id } = JSON.parse(text);
    assertEquals([payload, id], [data, "m6"]);
  }
});

Deno.test("PONG gives back what PING brought", () => {
  assertEquals(JSON.parse(pongMessage({ type: "PING", id: "7", timestamp: 12, pingId: "p" }, NOW)), {
    type: "PONG",
    timestamp: NOW,
    data: { timestamp: 12, ping_id: "p", server_time_ms: NOW, ref: "7" },
  });
  assertEquals(JSON.parse(pongMessage({ type: "PING" }, NOW)).data, { server_time_ms: NOW });
  assertEquals(JSON.parse(pongMessage({ type: "HEARTBEAT", id: "8" }, NOW)).data.ref, "8");
});

Deno.test("property: a PONG is what the one encoder would write, whatever was in the PING", () => {
  const ping = fc.record({
    timestamp: fc.double({ noNaN: true, noDefaultInfinity: true }),
    pingId: anyText(),
    id: anyText(),
  }, { requiredKeys: [] });
  fc.assert(
    fc.property(ping, fc.nat(), (fields, nowMs) => {
      const given: Ping = { type: "PING", ...fields };
      const data = {
        timestamp: given.timestamp,
        "ping_id": given.pingId,
        "server_time_ms": nowMs,
        ref: given.id,
      };
      assertEquals(pongMessage(given, nowMs), serverMessage("PONG", nowMs, data));
      const style = { payload: true };
      assertEquals(pongMessage(given, nowMs, style), serverMessage("PONG", nowMs, data, style));
    }),
    { numRuns: runs(200) },
  );
});
