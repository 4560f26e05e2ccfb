import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import {
  type ErrorCode,
  errorMessage,
  isPlainName,
  parseClientMessage,
  serverMessage,
  visibleText,
  VoxcastError,
} from "../../src/protocol/mod.ts";
import { INVISIBLE, SCHEMING_TEXTS, UNSEEN_TEXTS } from "../support/hostile_text.ts";

const POINT = { x: 1, y: 2, z: 3 };
const VIEWPORT = {
  eye: POINT,
  lookAt: { x: 0, y: 0, z: 0 },
  up: { x: 0, y: 1, z: 0 },
  fovY: 1,
  aspectRatio: 1,
  nearPlane: 1,
  farPlane: 9,
};
/** One message of each type that has texts; every field that is a text. */
const MESSAGES: readonly (readonly [message: Record<string, unknown>, names: readonly string[]])[] = [
  [{ type: "REGISTER_CLIENT", viewport: VIEWPORT }, ["clientId"]],
  [{ type: "REGISTER_CLIENT", clientId: "c", viewport: VIEWPORT }, ["world", "room_id", "session_id", "id"]],
  [{ type: "UPDATE_VIEWPORT", viewport: VIEWPORT }, ["client_id"]],
  [{ type: "INIT" }, ["client_id", "id"]],
  [{ type: "AUTH", timestamp: 1, nonce: "n", signature: "0".repeat(64) }, ["key_id"]],
  [{ type: "SUBSCRIBE", "stream_id": "s" }, ["stream_type"]],
  [{ type: "SUBSCRIBE", "stream_type": "t" }, ["stream_id"]],
  [{ type: "UNSUBSCRIBE" }, ["stream_id"]],
  [{ type: "PING" }, ["ping_id", "id"]],
  [{ type: "ACK" }, ["ref", "id"]],
];

for (const [what, text] of Object.entries(UNSEEN_TEXTS)) {
  Deno.test(`a name with ${what} is refused in every field that names something`, () => {
    assert(!isPlainName(text));
    for (const [message, names] of MESSAGES) {
      for (const name of names) {
        for (const place of [{ ...message, [name]: text }, { ...message, data: { [name]: text } }]) {
          // An id in `data` is no id of the message, except for ACK.
          if (name === "id" && "data" in place && message.type !== "ACK") continue;
          const error = assertThrows(() => parseClientMessage(JSON.stringify(place)), VoxcastError);
          assertEquals([error.code, error.ref], ["INVALID_FIELD", undefined]);
          assertMatch(
            error.message,
            /^Field '\w+' must be free of control characters and of others that are not seen$/,
          );
        }
      }
    }
  });
}

Deno.test("a name that only looks like code is a name, and comes out as it went in", () => {
  for (const text of SCHEMING_TEXTS) {
    assert(isPlainName(text), text);
    assertEquals(visibleText(text), text);
    for (const [message, names] of MESSAGES) {
      for (const name of names) {
        const read = parseClientMessage(JSON.stringify({ ...message, [name]: text }));
        assertEquals(read.type, message.type);
        assert(JSON.stringify(read).includes(JSON.stringify(text)), `${name} of ${JSON.stringify(read)}`);
      }
    }
  }
});

Deno.test("what has no names in it may have any text, and is kept as it is", () => {
  const texts = [...Object.values(UNSEEN_TEXTS), ...SCHEMING_TEXTS];
  const free = Object.fromEntries(texts.map((text) => [text, [text, { [text]: text }]]));
  const init = parseClientMessage(JSON.stringify({ type: "INIT", "client_info": free }));
  assert(init.type === "INIT");
  assertEquals(JSON.stringify(init.clientInfo), JSON.stringify(free));
  const subscribe = { type: "SUBSCRIBE", "stream_type": "t", "stream_id": "s", params: free };
  const read = parseClientMessage(JSON.stringify(subscribe));
  assert(read.type === "SUBSCRIBE");
  assertEquals(JSON.stringify(read.params), JSON.stringify(free));
});

Deno.test("a refusal that repeats a text shows every character of it", () => {
  const echoes: readonly ((text: string) => readonly [message: string, code: ErrorCode])[] = [
    (text) => [JSON.stringify({ type: text }), "UNKNOWN_TYPE"],
    (text) => [JSON.stringify({ type: "INIT", "protocol_version": text }), "UNSUPPORTED_PROTOCOL"],
    (text) => [`{"type":"PING",${JSON.stringify(text)}:1,${JSON.stringify(text)}:2}`, "CONFLICTING_FIELD"],
  ];
  for (const [what, text] of Object.entries(UNSEEN_TEXTS)) {
    for (const echo of echoes) {
      const [message, code] = echo(text);
      const error = assertThrows(() => parseClientMessage(message), VoxcastError);
      assertEquals(error.code, code);
      assert(!INVISIBLE.test(error.message), what);
      assert(error.message.includes(visibleText(text)), error.message);
      assert(!INVISIBLE.test(errorMessage(error, 0)), what);
    }
  }
});

Deno.test("a repeated text is never cut through a character", () => {
  for (const before of [62, 63, 64]) {
    const error = assertThrows(
      () => parseClientMessage(JSON.stringify({ type: "x".repeat(before) + "\u{1f600}".repeat(9) })),
      VoxcastError,
    );
    assert(!error.message.includes("\\u"), error.message);
  }
});

Deno.test("an error's items show every character too", () => {
  const details = [{ index: 0, path: "put.\u202e", code: "INVALID_FIELD", message: "No \u0007" }] as const;
  assertEquals(new VoxcastError("BUSY", "x", { details }).details, [
    { index: 0, path: "put.\\u{202e}", code: "INVALID_FIELD", message: "No \\u{0007}" },
  ]);
});

Deno.test("escaped text stays as it is if it is escaped again", () => {
  for (const text of Object.values(UNSEEN_TEXTS)) {
    assert(!INVISIBLE.test(visibleText(text)));
    assertEquals(visibleText(visibleText(text)), visibleText(text));
  }
});

Deno.test("no text breaks out of a message of the server", () => {
  for (const text of [...Object.values(UNSEEN_TEXTS), ...SCHEMING_TEXTS]) {
    const read = JSON.parse(serverMessage("PONG", 5, { text, [text]: 1 }, { id: text, payload: true }));
    assertEquals([read.type, read.timestamp, read.id, read.data.text], ["PONG", 5, text, text]);
    assertEquals(Object.keys(read), ["type", "id", "timestamp", "data", "payload"]);
  }
});

/** Fields that would change what the messages below say, if they were found in a prototype. */
const POLLUTION = {
  id: "polluted",
  ref: "polluted",
  world: "polluted",
  ack: true,
  compression: ["gzip"],
  "session_token": "polluted",
  "client_id": "polluted",
  clientId: "polluted",
  kind: "esvt",
  strategy: "compress",
  "keep_every": 99,
  timestamp: 5,
  "ping_id": "polluted",
  x: 99,
  fovY: 3,
  polluted: true,
};

Deno.test("__proto__ and constructor in any place change no message and no object", () => {
  const messages: readonly Record<string, unknown>[] = [
    { type: "INIT", "client_info": {} },
    { type: "PING" },
    { type: "CLOSE" },
    { type: "REGISTER_CLIENT", clientId: "c", viewport: VIEWPORT },
    { type: "SUBSCRIBE", "stream_type": "t", "stream_id": "s", params: {} },
    { type: "AUTH", "api_key": "k" },
  ];
  const attacks = [
    `"__proto__":${JSON.stringify(POLLUTION)}`,
    `"constructor":{"prototype":${JSON.stringify(POLLUTION)}}`,
    `"__proto__":{"__proto__":${JSON.stringify(POLLUTION)}}`,
  ];
  const before = Object.getOwnPropertyNames(Object.prototype).sort();
  for (const message of messages) {
    const text = JSON.stringify({ ...message, data: {}, payload: {} });
    const expected = withoutAttack(parseClientMessage(text));
    // After each `{` in turn; where fields follow, a comma parts them.
    for (let at = text.indexOf("{"); at >= 0; at = text.indexOf("{", at + 1)) {
      const comma = text[at + 1] === "}" ? "" : ",";
      for (const attack of attacks) {
        const attacked = text.slice(0, at + 1) + attack + comma + text.slice(at + 1);
        assertEquals(withoutAttack(parseClientMessage(attacked)), expected, attacked);
      }
    }
  }
  assertEquals(Object.getOwnPropertyNames(Object.prototype).sort(), before);
  assertEquals(({} as Record<string, unknown>)["polluted"], undefined);
});

Deno.test("no field of a message is ever taken from a prototype", () => {
  const parse = (message: unknown) => parseClientMessage(JSON.stringify(message));
  const before = parse({ type: "INIT" });
  // Not `id`: that is also a name in what is made of a message, and of no use to whoever could get this far.
  const { id: _id, ...fields } = POLLUTION;
  const polluted = { ...fields, type: "PING", data: { x: 1 }, payload: 7, eye: POINT };
  try {
    for (const [name, value] of Object.entries(polluted)) {
      Object.defineProperty(Object.prototype, name, { value, configurable: true, writable: true });
    }
    assertEquals(JSON.stringify(parse({ type: "INIT" })), JSON.stringify(before));
    assertEquals(assertThrows(() => parse({}), VoxcastError).code, "MISSING_TYPE");
    const { eye: _, ...blind } = VIEWPORT;
    const update = { type: "UPDATE_VIEWPORT", clientId: "c", viewport: blind };
    assertEquals(assertThrows(() => parse(update), VoxcastError).message, "Invalid viewport: missing 'eye'");
  } finally {
    for (const name of Object.keys(polluted)) delete (Object.prototype as Record<string, unknown>)[name];
  }
});

/** The message as JSON, without the fields that are the client's own to fill. */
function withoutAttack(message: object): unknown {
  const { clientInfo: _, params: __, ...rest } = message as Record<string, unknown>;
  return JSON.parse(JSON.stringify(rest));
}
