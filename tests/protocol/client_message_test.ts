import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type ErrorCode, type FrameCodec, parseClientMessage, VoxcastError } from "../../src/protocol/mod.ts";
import { runs } from "../support/runs.ts";
import { CAMERA } from "./camera.ts";

const VIEWPORT = {
  eye: [0, 100, 200],
  lookAt: [0, 0, 0],
  up: [0, 1, 0],
  fovY: 1.047,
  aspectRatio: 1.7778,
  nearPlane: 0.1,
  farPlane: 1000,
};
const REGISTER = { type: "REGISTER_CLIENT", clientId: "c1", viewport: CAMERA };
const UPDATE = { type: "UPDATE_VIEWPORT", clientId: "c1", viewport: CAMERA };

/** Every type that a client may send. */
const TYPES = [
  ...["INIT", "AUTH", "SUBSCRIBE", "UNSUBSCRIBE", "PING", "PONG", "HEARTBEAT", "ACK", "CLOSE"],
  ...["REGISTER_CLIENT", "UPDATE_VIEWPORT"],
];

Deno.test("the seed's own REGISTER_CLIENT is read, with version 1 and codec 2 where it says nothing", () => {
  assertEquals(parse(REGISTER) as unknown, {
    type: "REGISTER_CLIENT",
    clientId: "c1",
    viewport: VIEWPORT,
    protocol: 1,
    codecs: [2],
    features: [],
  });
});

Deno.test("the seed's own UPDATE_VIEWPORT is read", () => {
  assertEquals(parse(UPDATE) as unknown, { type: "UPDATE_VIEWPORT", clientId: "c1", viewport: VIEWPORT });
});

Deno.test("fields may be in data, in payload, or flat, and be repeated with the same value", () => {
  const { type, ...fields } = REGISTER;
  const plain = parse(REGISTER);
  assertEquals(parse({ type, data: fields }), plain);
  assertEquals(parse({ type, payload: fields }), plain);
  assertEquals(parse({ type, payload: fields, clientId: "c1" }), plain);
  assertEquals(parse({ type, data: fields, payload: fields, ...fields }), plain);
  assertEquals(parse({ type, data: null, payload: { clientId: "c1" }, viewport: CAMERA }), plain);
});

Deno.test("a type is known in any case", () => {
  for (const type of ["register_client", "Register_Client", "registerClient", "register-client"]) {
    assertEquals(parse({ ...REGISTER, type }).type, "REGISTER_CLIENT");
  }
  assertEquals(parse({ type: "ping" }).type, "PING");
});

Deno.test("world has the aliases room_id and session_id, clientId has client_id", () => {
  for (const name of ["world", "room_id", "session_id"]) {
    for (const message of [{ ...REGISTER, [name]: "w" }, { ...REGISTER, data: { [name]: "w" } }]) {
      const read = parse(message);
      assert(read.type === "REGISTER_CLIENT" && read.world === "w", name);
    }
  }
  assertEquals(parse({ ...REGISTER, clientId: undefined, client_id: "c1" }), parse(REGISTER));
});

Deno.test("codecs keep the client's order; those not spoken here are passed over", () => {
  for (
    const [codecs, expected] of [[[1], [1]], [[3, 1, 2], [1, 2]], [[2, 2], [2]], [[0], [0]], [[5, 0, 2], [
      0,
      2,
    ]]]
  ) {
    const read = parse({ ...REGISTER, codecs });
    assert(read.type === "REGISTER_CLIENT");
    assertEquals(read.codecs, expected as FrameCodec[]);
  }
});

Deno.test("the kind of tree may be asked for, in any case; without it there is none", () => {
  for (const [kind, expected] of [["esvo", "esvo"], ["esvt", "esvt"], ["ESVO", "esvo"], ["ESVT", "esvt"]]) {
    for (const message of [{ ...REGISTER, kind }, { ...REGISTER, data: { kind } }]) {
      const read = parse(message);
      assert(read.type === "REGISTER_CLIENT");
      assertEquals<string | undefined>(read.kind, expected);
    }
  }
  assertEquals(parse({ ...REGISTER, kind: null }), parse(REGISTER));
});

Deno.test("a PING keeps what it wants back", () => {
  assertEquals(parse({ type: "PING", id: "7", timestamp: 12.5, ping_id: "p" }), {
    type: "PING",
    id: "7",
    timestamp: 12.5,
    pingId: "p",
  });
  assertEquals(parse({ type: "PING" }), { type: "PING" });
});

const REFUSED: readonly [name: string, text: string, code: ErrorCode, message: string][] = [
  ["no JSON", "{", "INVALID_JSON", "Invalid JSON"],
  ["an empty text", "", "INVALID_JSON", "Invalid JSON"],
  ["a NaN", '{"type":NaN}', "INVALID_JSON", "Invalid JSON"],
  ["a list", "[1]", "MISSING_TYPE", "Missing 'type' field"],
  ["null", "null", "MISSING_TYPE", "Missing 'type' field"],
  ["no type", "{}", "MISSING_TYPE", "Missing 'type' field"],
  ["a null type", '{"type":null}', "MISSING_TYPE", "Missing 'type' field"],
  ["a type that is no string", '{"type":5}', "INVALID_FIELD", "Field 'type' must be a string"],
  ["an unknown type", '{"type":"Jump"}', "UNKNOWN_TYPE", "Unknown message type: Jump"],
  [
    "a type of an object's own",
    '{"type":"constructor"}',
    "UNKNOWN_TYPE",
    "Unknown message type: constructor",
  ],
  ["data that is no object", '{"type":"PING","data":[]}', "INVALID_FIELD", "Field 'data' must be an object"],
  ["no clientId", json({ ...REGISTER, clientId: undefined }), "MISSING_FIELD", "Missing 'clientId' field"],
  ["a null clientId", json({ ...UPDATE, clientId: null }), "MISSING_FIELD", "Missing 'clientId' field"],
  ["neither field", '{"type":"REGISTER_CLIENT"}', "MISSING_FIELD", "Missing 'clientId' field"],
  ["no viewport", json({ ...UPDATE, viewport: undefined }), "MISSING_FIELD", "Missing 'viewport' field"],
  [
    "a clientId that is no string",
    json({ ...UPDATE, clientId: 7 }),
    "INVALID_FIELD",
    "Field 'clientId' must be a string of 1 to 256 characters",
  ],
  [
    "an id that is no string",
    '{"type":"PING","id":7}',
    "INVALID_FIELD",
    "Field 'id' must be a string of at most 128 characters",
  ],
  [
    "another protocol version",
    json({ ...REGISTER, protocol: 2 }),
    "UNSUPPORTED_PROTOCOL",
    "Protocol version 2 is not supported, supported versions: 1",
  ],
  [
    "a protocol version as text",
    json({ ...REGISTER, protocol: "1" }),
    "UNSUPPORTED_PROTOCOL",
    "Protocol version that is not a number is not supported, supported versions: 1",
  ],
  [
    "a later version without today's fields",
    '{"type":"REGISTER_CLIENT","protocol":9}',
    "UNSUPPORTED_PROTOCOL",
    "Protocol version 9 is not supported, supported versions: 1",
  ],
  [
    "codecs of which none is spoken",
    json({ ...REGISTER, codecs: [4, 3] }),
    "UNSUPPORTED_PROTOCOL",
    "None of the codecs 4, 3 is supported, supported codecs: 2, 1, 0",
  ],
  [
    "codecs that are no list",
    json({ ...REGISTER, codecs: 2 }),
    "INVALID_FIELD",
    "Field 'codecs' must be an array of 1 to 16 integers",
  ],
  [
    "a kind of tree that there is not",
    json({ ...REGISTER, kind: "octree" }),
    "INVALID_FIELD",
    'Field \'kind\' must be "esvo" or "esvt"',
  ],
  [
    "a kind of tree that is no text",
    json({ ...REGISTER, kind: ["esvt"] }),
    "INVALID_FIELD",
    'Field \'kind\' must be "esvo" or "esvt"',
  ],
  [
    "a kind of tree given twice",
    json({ ...REGISTER, kind: "esvo", data: { kind: "esvt" } }),
    "CONFLICTING_FIELD",
    "Field 'kind' is given twice with different values",
  ],
  [
    "a world given twice",
    json({ ...REGISTER, world: "a", room_id: "b" }),
    "CONFLICTING_FIELD",
    "Field 'world' is given twice with different values",
  ],
  [
    "a field in data that contradicts the flat one",
    json({ ...REGISTER, data: { clientId: "c2" } }),
    "CONFLICTING_FIELD",
    "Field 'clientId' is given twice with different values",
  ],
  [
    "a viewport in payload that contradicts data's",
    json({ type: "UPDATE_VIEWPORT", clientId: "c", data: { viewport: CAMERA }, payload: { viewport: {} } }),
    "CONFLICTING_FIELD",
    "Field 'viewport' is given twice with different values",
  ],
  [
    "one key twice in one object",
    '{"type":"PING","type":"REGISTER_CLIENT"}',
    "CONFLICTING_FIELD",
    "Field 'type' is given twice with different values",
  ],
];

for (const [name, text, code, message] of REFUSED) {
  Deno.test(`a message with ${name} is refused with ${code}`, () => {
    const error = assertThrows(() => parseClientMessage(text), VoxcastError);
    assertEquals([error.code, error.message], [code, message]);
  });
}

const NO_CAMERA: readonly [change: Record<string, unknown>, cause: string][] = [
  [{ eye: undefined }, "missing 'eye'"],
  [{ up: null }, "missing 'up'"],
  [{ lookAt: [0, 0, 0] }, "'lookAt' must be an object with x, y and z"],
  [{ eye: { x: 1, y: 2 } }, "missing 'eye.z'"],
  [{ eye: { x: 1, y: 2, z: "3" } }, "'eye.z' must be a finite number"],
  [{ fovY: undefined }, "missing 'fovY'"],
  [{ aspectRatio: "1.5" }, "'aspectRatio' must be a finite number"],
  [{ nearPlane: true }, "'nearPlane' must be a finite number"],
  [{ farPlane: {} }, "'farPlane' must be a finite number"],
];

for (const [change, cause] of NO_CAMERA) {
  Deno.test(`a viewport is refused with the cause: ${cause} (${JSON.stringify(change)})`, () => {
    for (const message of [REGISTER, UPDATE]) {
      const error = assertThrows(
        () => parse({ ...message, viewport: { ...CAMERA, ...change } }),
        VoxcastError,
      );
      assertEquals([error.code, error.message], ["INVALID_VIEWPORT", `Invalid viewport: ${cause}`]);
    }
  });
}

Deno.test("a number that overflows to infinity is refused", () => {
  const text = json(UPDATE).replace("1000", "1e999");
  assertThrows(() => parseClientMessage(text), VoxcastError, "'farPlane' must be a finite number");
});

Deno.test("a refused message's id comes back as ref", () => {
  for (const message of [{ id: "m1" }, { id: "m1", type: "X" }, { id: "m1", ...UPDATE, viewport: {} }]) {
    assertEquals(assertThrows(() => parse(message), VoxcastError).ref, "m1");
  }
});

Deno.test("a refusal repeats at most 64 characters of the client's text", () => {
  const error = assertThrows(() => parse({ type: "x".repeat(60_000) }), VoxcastError);
  assertEquals(error.message, `Unknown message type: ${"x".repeat(64)}...`);
});

Deno.test("nesting of any depth is read or refused without running out of stack", () => {
  const deep = "[".repeat(30_000) + "]".repeat(30_000);
  for (const name of ["protocol", "viewport", "codecs", "clientId", "anything"]) {
    const text = `{"type":"REGISTER_CLIENT","${name}":${deep},"data":{"${name}":${deep}}}`;
    assertThrows(() => parseClientMessage(text), VoxcastError);
  }
});

Deno.test("any text is read or refused with a VoxcastError", () => {
  const names = [
    "type",
    "data",
    "payload",
    "clientId",
    "viewport",
    "protocol",
    "codecs",
    "kind",
    "world",
    "id",
    "__proto__",
    "compression",
    "stream_id",
    "stream_type",
    "params",
    "keep_every",
    "api_key",
    "timestamp",
    "ref",
  ];
  const values = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom<unknown>(...Object.values(REGISTER), ...TYPES, "esvt", "gzip", 1, null),
  );
  const messages = fc.dictionary(fc.constantFrom(...names), values).map((m) => JSON.stringify(m));
  const damaged = fc.tuple(
    fc.constantFrom(json(REGISTER), json(UPDATE)),
    fc.nat(300),
    fc.string({ maxLength: 3 }),
  )
    .map(([text, at, insert]) => text.slice(0, at) + insert + text.slice(at + insert.length));
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), messages, damaged), (text) => {
      try {
        const message = parseClientMessage(text);
        if ("viewport" in message) assert(Number.isFinite(message.viewport.eye[0]));
      } catch (error) {
        assert(error instanceof VoxcastError, String(error));
      }
    }),
    { numRuns: runs(3000) },
  );
});

function parse(message: unknown): ReturnType<typeof parseClientMessage> {
  return parseClientMessage(json(message));
}

function json(value: unknown): string {
  return JSON.stringify(value);
}
