import { assertEquals, assertThrows } from "@std/assert";
import { type ErrorCode, parseClientMessage, VoxcastError } from "../../src/protocol/mod.ts";

const SIGNATURE = "0123456789abcdef".repeat(4);
const SUBSCRIBE = { type: "SUBSCRIBE", "stream_type": "stream_features", "stream_id": "s1" };

const READ: readonly [name: string, message: unknown, expected: unknown][] = [
  ["the seed's own INIT", { type: "INIT", protocol_version: "1.0" }, {
    type: "INIT",
    gzip: false,
    ack: false,
  }],
  [
    "an INIT with everything",
    {
      type: "init",
      id: "a",
      protocol_version: 1,
      protocol: 1,
      client_info: { name: "x", deep: [1] },
      compression: ["br", "GZIP"],
      ack: true,
      session_token: "tok",
      client_id: "me",
    },
    {
      type: "INIT",
      id: "a",
      clientInfo: { name: "x", deep: [1] },
      gzip: true,
      ack: true,
      sessionToken: "tok",
      clientId: "me",
    },
  ],
  ["an INIT without a version", { type: "INIT" }, { type: "INIT", gzip: false, ack: false }],
  ['an INIT of version "1"', { type: "INIT", payload: { protocolVersion: "1" } }, {
    type: "INIT",
    gzip: false,
    ack: false,
  }],
  ["an AUTH with a key alone", { type: "AUTH", api_key: "k" }, {
    type: "AUTH",
    credential: { kind: "api-key", apiKey: "k" },
  }],
  [
    "the seed's AUTH, whose own time is not that of the envelope",
    {
      type: "auth",
      timestamp: 1763741000999.5,
      payload: { api_key: "k", timestamp: 1763741000123.7, signature: SIGNATURE },
    },
    {
      type: "AUTH",
      credential: { kind: "api-key", apiKey: "k", timestampMs: 1763741000123, signature: SIGNATURE },
    },
  ],
  ["an AUTH with a flat timestamp in seconds", { type: "AUTH", apiKey: "k", timestamp: 1763741000.5 }, {
    type: "AUTH",
    credential: { kind: "api-key", apiKey: "k", timestampMs: 1763741000500 },
  }],
  ["an AUTH with a token", { type: "AUTH", id: "9", data: { auth_token: "a.b.c" } }, {
    type: "AUTH",
    id: "9",
    credential: { kind: "token", token: "a.b.c" },
  }],
  ["an AUTH with a ticket", { type: "AUTH", ticket: "t", timestamp: 5 }, {
    type: "AUTH",
    credential: { kind: "ticket", ticket: "t" },
  }],
  [
    "an AUTH signed by a key of its own, in capitals",
    {
      type: "AUTH",
      key_id: "backup",
      timestamp: 1763741000123,
      nonce: "n",
      signature: SIGNATURE.toUpperCase(),
    },
    {
      type: "AUTH",
      credential: {
        kind: "signed",
        keyId: "backup",
        timestampMs: 1763741000123,
        nonce: "n",
        signature: SIGNATURE,
      },
    },
  ],
  ["a SUBSCRIBE", SUBSCRIBE, {
    type: "SUBSCRIBE",
    streamType: "stream_features",
    streamId: "s1",
    params: {},
    strategy: undefined,
    keepEvery: 2,
  }],
  [
    "a SUBSCRIBE with everything",
    { ...SUBSCRIBE, id: "4", room_id: "main", strategy: "DROP_NEWEST", keep_every: 7, params: { a: [1] } },
    {
      type: "SUBSCRIBE",
      id: "4",
      streamType: "stream_features",
      streamId: "s1",
      world: "main",
      params: { a: [1] },
      strategy: "drop_newest",
      keepEvery: 7,
    },
  ],
  ["a strategy among the params", { ...SUBSCRIBE, params: { strategy: "Compress", keep_every: 100 } }, {
    type: "SUBSCRIBE",
    streamType: "stream_features",
    streamId: "s1",
    params: { strategy: "Compress", keep_every: 100 },
    strategy: "compress",
    keepEvery: 100,
  }],
  ["an UNSUBSCRIBE", { type: "unsubscribe", payload: { stream_id: "s1" } }, {
    type: "UNSUBSCRIBE",
    streamId: "s1",
  }],
  ["a PING with a time of its own and one of the envelope", {
    type: "PING",
    timestamp: 1,
    data: { timestamp: 2 },
  }, {
    type: "PING",
    timestamp: 2,
  }],
  ["a PONG with whatever is in it", { type: "pong", id: "p", timestamp: "no", data: { ping_id: [] } }, {
    type: "PONG",
    id: "p",
  }],
  ["a HEARTBEAT", { type: "Heartbeat" }, { type: "HEARTBEAT" }],
  ["an ACK by the message's own id", { type: "ACK", id: "m7" }, { type: "ACK", ackId: "m7", id: "m7" }],
  ["an ACK by the id in data", { type: "ACK", id: "c1", data: { id: "m7" } }, {
    type: "ACK",
    ackId: "m7",
    id: "c1",
  }],
  ["an ACK by ref", { type: "ACK", id: "c1", ref: "m7" }, { type: "ACK", ackId: "m7", id: "c1" }],
  ["a CLOSE", { type: "CLOSE" }, { type: "CLOSE" }],
];

for (const [name, message, expected] of READ) {
  Deno.test(`${name} is read`, () => {
    assertEquals(parseClientMessage(JSON.stringify(message)) as unknown, expected);
  });
}

const VERSIONS = "is not supported, supported versions: 1.0";
const REFUSED: readonly [name: string, message: unknown, code: ErrorCode, text: string][] = [
  [
    "a later version",
    { type: "INIT", protocol_version: "2.0" },
    "UNSUPPORTED_PROTOCOL",
    `Protocol version 2.0 ${VERSIONS}`,
  ],
  ["a later number", { type: "INIT", protocol: 2 }, "UNSUPPORTED_PROTOCOL", `Protocol version 2 ${VERSIONS}`],
  [
    "one version that is spoken and one that is not",
    { type: "INIT", protocol: 1, protocol_version: 3 },
    "UNSUPPORTED_PROTOCOL",
    `Protocol version 3 ${VERSIONS}`,
  ],
  [
    "a version that is a list",
    { type: "INIT", protocol_version: [1] },
    "UNSUPPORTED_PROTOCOL",
    `Protocol version that is no text or number ${VERSIONS}`,
  ],
  [
    "a version before any wrong field",
    { type: "INIT", protocol: 9, ack: 1, compression: 7 },
    "UNSUPPORTED_PROTOCOL",
    `Protocol version 9 ${VERSIONS}`,
  ],
  [
    "client_info that is a list",
    { type: "INIT", client_info: [] },
    "INVALID_FIELD",
    "Field 'client_info' must be an object",
  ],
  ["ack that is a number", { type: "INIT", ack: 1 }, "INVALID_FIELD", "Field 'ack' must be true or false"],
  [
    "compression that is a text",
    { type: "INIT", compression: "gzip" },
    "INVALID_FIELD",
    "Field 'compression' must be an array of up to 16 strings",
  ],
  [
    "no credential",
    { type: "AUTH" },
    "MISSING_FIELD",
    "Missing 'api_key', 'auth_token', 'ticket' or 'key_id' field",
  ],
  [
    "two credentials",
    { type: "AUTH", api_key: "a", ticket: "b" },
    "INVALID_FIELD",
    "Field 'ticket' must be absent if 'api_key' is given",
  ],
  [
    "a key that is a number",
    { type: "AUTH", api_key: 7 },
    "INVALID_FIELD",
    "Field 'api_key' must be a string of 1 to 512 characters",
  ],
  [
    "a signature without its time",
    { type: "AUTH", api_key: "a", signature: SIGNATURE },
    "MISSING_FIELD",
    "Missing 'timestamp' field",
  ],
  [
    "a signature that is none",
    { type: "AUTH", api_key: "a", timestamp: 1, signature: "ff" },
    "INVALID_FIELD",
    "Field 'signature' must be 64 hexadecimal digits",
  ],
  [
    "a time as text",
    { type: "AUTH", api_key: "a", timestamp: "1" },
    "INVALID_FIELD",
    "Field 'timestamp' must be a finite number",
  ],
  [
    "a time before 1970",
    { type: "AUTH", api_key: "a", timestamp: -1 },
    "INVALID_FIELD",
    "Field 'timestamp' must be a time in milliseconds or seconds since 1970",
  ],
  [
    "a time after all",
    { type: "AUTH", api_key: "a", timestamp: 1e300 },
    "INVALID_FIELD",
    "Field 'timestamp' must be a time in milliseconds or seconds since 1970",
  ],
  ["a key id alone", { type: "AUTH", key_id: "a" }, "MISSING_FIELD", "Missing 'timestamp' field"],
  [
    "a key id without a nonce",
    { type: "AUTH", key_id: "a", timestamp: 1, signature: SIGNATURE },
    "MISSING_FIELD",
    "Missing 'nonce' field",
  ],
  [
    "a key id without a signature",
    { type: "AUTH", key_id: "a", timestamp: 1, nonce: "n" },
    "MISSING_FIELD",
    "Missing 'signature' field",
  ],
  ["no stream type", { type: "SUBSCRIBE", stream_id: "a" }, "MISSING_FIELD", "Missing 'stream_type' field"],
  ["no stream id", { type: "UNSUBSCRIBE" }, "MISSING_FIELD", "Missing 'stream_id' field"],
  [
    "params that are a list",
    { ...SUBSCRIBE, params: [] },
    "INVALID_FIELD",
    "Field 'params' must be an object",
  ],
  [
    "a strategy that there is not",
    { ...SUBSCRIBE, strategy: "drop_all" },
    "INVALID_FIELD",
    "Field 'strategy' must be one of drop_oldest, drop_newest, compress",
  ],
  [
    "two strategies",
    { ...SUBSCRIBE, strategy: "compress", params: { strategy: "drop_newest" } },
    "CONFLICTING_FIELD",
    "Field 'strategy' is given twice with different values",
  ],
  [
    "keep_every below 2",
    { ...SUBSCRIBE, keep_every: 1 },
    "INVALID_FIELD",
    "Field 'keep_every' must be an integer from 2 to 100",
  ],
  [
    "keep_every between",
    { ...SUBSCRIBE, params: { keep_every: 2.5 } },
    "INVALID_FIELD",
    "Field 'keep_every' must be an integer from 2 to 100",
  ],
  ["an ACK of nothing", { type: "ACK" }, "MISSING_FIELD", "Missing 'id' field"],
  [
    "an ACK of a number",
    { type: "ACK", ref: 5 },
    "INVALID_FIELD",
    "Field 'ref' must be a string of 1 to 256 characters",
  ],
];

for (const [name, message, code, text] of REFUSED) {
  Deno.test(`a message with ${name} is refused with ${code}`, () => {
    const error = assertThrows(() => parseClientMessage(JSON.stringify(message)), VoxcastError);
    assertEquals([error.code, error.message], [code, text]);
  });
}

Deno.test("no refusal of a credential repeats it", () => {
  const secret = "hush-hush";
  for (const name of ["api_key", "auth_token", "ticket", "nonce", "signature"]) {
    for (const value of [secret.repeat(2000), [secret], { [secret]: 1 }]) {
      const message = { type: "AUTH", keyId: "k", timestamp: 1, [name]: value };
      const error = assertThrows(() => parseClientMessage(JSON.stringify(message)), VoxcastError);
      assertEquals(error.message.includes("hush"), false, error.message);
    }
  }
});
