import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { encodeGzipMessage } from "../../src/protocol/mod.ts";
import { anyText } from "../support/any_text.ts";
import { viewportFields, WHOLE_WORLD } from "./running_server.ts";

/** What is thrown at a server: text or bytes. */
export type WireMessage = string | Uint8Array<ArrayBuffer>;

const TYPES = [
  "INIT",
  "AUTH",
  "SUBSCRIBE",
  "UNSUBSCRIBE",
  "PING",
  "PONG",
  "HEARTBEAT",
  "ACK",
  "REGISTER_CLIENT",
  "UPDATE_VIEWPORT",
  "registerClient",
  "ERROR",
  "__proto__",
];
const FIELDS = [
  "clientId",
  "client_id",
  "viewport",
  "world",
  "protocol",
  "codecs",
  "kind",
  "timestamp",
  "ping_id",
  "stream_id",
  "stream_type",
  "strategy",
  "keep_every",
  "params",
  "session_token",
  "compression",
  "ack",
  "auth_token",
  "ticket",
  "id",
  "ref",
  "data",
  "payload",
  "__proto__",
  "constructor",
];

const field = fc.oneof(
  fc.constantFrom<unknown>("main", "esvo", "drop_oldest", "", null, true, 0, -1, 1e308, 2 ** 53, [], {}),
  fc.constant(viewportFields(WHOLE_WORLD)),
  fc.jsonValue({ maxDepth: 3 }),
);
const fields = fc.dictionary(fc.constantFrom(...FIELDS), field, { maxKeys: 6 });

/** Messages that are nearly right. */
const nearly = fc.tuple(fc.constantFrom(...TYPES), fields, fields, fc.nat(2)).map((
  [type, flat, nested, form],
) =>
  JSON.stringify(
    form === 0 ? { ...flat, type } : { ...flat, type, [form === 1 ? "data" : "payload"]: nested },
  )
);

/** Messages that are right. */
const right = fc.constantFrom(
  JSON.stringify({ type: "PING", data: { ping_id: "fuzz" } }),
  JSON.stringify({ type: "INIT", data: { compression: ["gzip"], ack: true } }),
  JSON.stringify({ type: "REGISTER_CLIENT", clientId: "fuzz", viewport: viewportFields(WHOLE_WORLD) }),
  JSON.stringify({ type: "UPDATE_VIEWPORT", clientId: "fuzz", viewport: viewportFields(WHOLE_WORLD) }),
  JSON.stringify({ type: "SUBSCRIBE", data: { stream_type: "features", stream_id: "a" } }),
  JSON.stringify({ type: "UNSUBSCRIBE", data: { stream_id: "a" } }),
  JSON.stringify({ type: "AUTH", data: { api_key: "0123456789" } }),
  "ping",
);

/** A text with characters taken out, put in, doubled or exchanged. */
const mutated = fc.tuple(
  fc.oneof(right, nearly),
  fc.array(fc.tuple(fc.nat(3), fc.nat(2000), anyText({ maxLength: 3 })), {
    minLength: 1,
    maxLength: 4,
  }),
).map(([text, changes]) =>
  changes.reduce((changed, [kind, place, piece]) => {
    const at = place % (changed.length + 1);
    if (kind === 0) return changed.slice(0, at) + changed.slice(at + 1 + piece.length);
    if (kind === 1) return changed.slice(0, at) + piece + changed.slice(at);
    if (kind === 2) return changed.slice(0, at) + changed.slice(Math.max(0, at - 20));
    return changed.slice(0, at) + piece + changed.slice(at + piece.length);
  }, text)
);

const nested = fc.tuple(fc.constantFrom("[", '{"a":', '{"type":'), fc.integer({ min: 1, max: 3000 }))
  .map(([open, times]) => open.repeat(times));

const zipped = fc.tuple(fc.oneof(right, nearly, fc.string()), fc.nat(5), fc.nat(400), fc.nat(255)).map(
  ([text, fault, at, byte]) => {
    const plain = new TextEncoder().encode(text);
    const claimed = fault === 1 ? at : fault === 2 ? 0xffffffff : plain.length;
    const message = encodeGzipMessage(fault === 3 ? "binary" : "text", claimed, gzipSync(plain));
    if (fault === 4) message[at % message.length] = byte;
    return fault === 5 ? message.slice(0, at % message.length) : message;
  },
);

/** Random and mutated messages, text and binary; none of them asks for the connection to be closed. */
export const wireMessage: fc.Arbitrary<WireMessage> = fc.oneof(
  { weight: 4, arbitrary: nearly },
  { weight: 4, arbitrary: mutated },
  { weight: 2, arbitrary: right },
  { weight: 1, arbitrary: anyText({ maxLength: 300 }) },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: nested },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => new Uint8Array(bytes)) },
  { weight: 2, arbitrary: zipped },
);
