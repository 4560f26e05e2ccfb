import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  backpressureMessage,
  FEATURES,
  parseClientMessage,
  type RegisterClient,
  verifiedMessage,
  VoxcastError,
} from "../../src/protocol/mod.ts";
import { runs } from "../support/runs.ts";
import { CAMERA } from "./camera.ts";

const NOW = 1_767_225_600_000;

Deno.test("features are read in the order of the list, each once, in any case, and unknown ones are passed over", () => {
  assertEquals(register({}).features, []);
  assertEquals(register({ features: [] }).features, []);
  assertEquals(register({ features: ["flow", "Bundles", "telepathy", "flow"] }).features, [
    "bundles",
    "flow",
  ]);
  fc.assert(
    fc.property(fc.shuffledSubarray([...FEATURES, "x", "y"]), (features) => {
      assertEquals(register({ features }).features, FEATURES.filter((feature) => features.includes(feature)));
    }),
    { numRuns: runs(50) },
  );
});

Deno.test("features that are no short list of strings are refused", () => {
  for (const features of ["flow", [1], [null], {}, new Array(33).fill("flow")]) {
    refuses({ features }, "Field 'features' must be an array of up to 32 strings");
  }
});

Deno.test("a client may ask for the time between two pushes, within bounds and under either name", () => {
  assertEquals(register({}).intervalMs, undefined);
  assertEquals(register({ intervalMs: 16 }).intervalMs, 16);
  assertEquals(register({ interval_ms: 10000 }).intervalMs, 10000);
  for (const intervalMs of [15, 10001, 50.5, "50", -1, true]) {
    refuses({ intervalMs }, "Field 'intervalMs' must be an integer from 16 to 10000");
  }
  assertEquals(
    assertThrows(() => register({ intervalMs: 50, interval_ms: 60 }), VoxcastError).code,
    "CONFLICTING_FIELD",
  );
});

Deno.test("a viewport may say how tall the picture is, as a number", () => {
  assertEquals("heightPx" in register({}).viewport, false);
  assertEquals(register({ viewport: { ...CAMERA, heightPx: 720 } }).viewport.heightPx, 720);
  assertEquals("heightPx" in register({ viewport: { ...CAMERA, heightPx: null } }).viewport, false);
  for (const heightPx of ["720", true, []]) {
    const error = assertThrows(() => register({ viewport: { ...CAMERA, heightPx } }), VoxcastError);
    assertEquals([error.code, error.message], [
      "INVALID_VIEWPORT",
      "Invalid viewport: 'heightPx' must be a finite number",
    ]);
  }
  const update = parse({ type: "UPDATE_VIEWPORT", clientId: "c", viewport: { ...CAMERA, heightPx: 1 } });
  assertEquals(update.type === "UPDATE_VIEWPORT" && update.viewport.heightPx, 1);
});

Deno.test("an ACK names a message or the bytes received, and not both", () => {
  assertEquals(parse({ type: "ACK", received_bytes: 0 }), { type: "ACK", receivedBytes: 0 });
  assertEquals(parse({ type: "ACK", data: { receivedBytes: 2 ** 53 - 1 } }), {
    type: "ACK",
    receivedBytes: 2 ** 53 - 1,
  });
  assertEquals(parse({ type: "ACK", id: "m1" }), { type: "ACK", ackId: "m1", id: "m1" });
  for (const ids of [{ ref: "m1" }, { data: { id: "m1" } }, { id: "m1" }]) {
    const error = assertThrows(() => parse({ type: "ACK", received_bytes: 5, ...ids }), VoxcastError);
    assertEquals([error.code, error.message], [
      "INVALID_FIELD",
      "Field 'received_bytes' must be in an ACK without id",
    ]);
  }
  assertEquals(assertThrows(() => parse({ type: "ACK" }), VoxcastError).code, "MISSING_FIELD");
  for (const bytes of [-1, 0.5, 2 ** 53, "5", true, [5]]) {
    assertEquals(
      assertThrows(() => parse({ type: "ACK", received_bytes: bytes }), VoxcastError).message,
      "Field 'received_bytes' must be an integer of at least 0",
    );
  }
});

Deno.test("BACKPRESSURE says what is held back, and only when the connection will be closed for it", () => {
  const held = { state: "held", reason: "slow", heldRegions: 12, finestLod: 2 } as const;
  const data = { state: "held", reason: "slow", "held_regions": 12, "finest_lod": 2 };
  assertEquals(JSON.parse(backpressureMessage({ ...held, closeAfterMs: 30000 }, NOW)), {
    type: "BACKPRESSURE",
    timestamp: NOW,
    data: { ...data, close_after_ms: 30000 },
  });
  assertEquals(JSON.parse(backpressureMessage(held, NOW, { payload: true })), {
    type: "BACKPRESSURE",
    timestamp: NOW,
    data,
    payload: data,
  });
});

Deno.test("VERIFIED says how many regions were checked and how many come again", () => {
  assertEquals(JSON.parse(verifiedMessage({ checked: 70, wrong: 1 }, NOW)), {
    type: "VERIFIED",
    timestamp: NOW,
    data: { checked: 70, wrong: 1 },
  });
});

function parse(message: object): ReturnType<typeof parseClientMessage> {
  return parseClientMessage(JSON.stringify(message));
}

function register(fields: object): RegisterClient {
  return parse({ type: "REGISTER_CLIENT", clientId: "c", viewport: CAMERA, ...fields }) as RegisterClient;
}

function refuses(fields: object, message: string): void {
  const error = assertThrows(() => register(fields), VoxcastError);
  assertEquals([error.code, error.message], ["INVALID_FIELD", message]);
}
