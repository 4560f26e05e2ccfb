/** The closing handshake: section 7 of Autobahn's suite. */
import { closePayload, fragments, type FrameFields, OPCODE } from "./raw_frame.ts";
import { FAILED, pingText, type WireCase } from "./rfc6455_case.ts";

const { TEXT, PING, CLOSE } = OPCODE;
const text: FrameFields = { opcode: TEXT, payload: pingText("a") };
export const normal: FrameFields = { opcode: CLOSE, payload: closePayload(1000) };

export const ANSWERED_CLOSES: readonly WireCase[] = [
  {
    name: "a message and then a close",
    autobahn: "7.1.1",
    write: [text, normal],
    expect: closed(1000, true),
  },
  { name: "two closes are one", autobahn: "7.1.2", write: [normal, normal], expect: closed(1000) },
  {
    name: "a ping behind the close",
    autobahn: "7.1.3",
    write: [normal, { opcode: PING, payload: "x" }],
    expect: closed(1000),
  },
  { name: "a text behind the close", autobahn: "7.1.4", write: [normal, text], expect: closed(1000) },
  {
    name: "a close between fragments, and the last one behind it",
    autobahn: "7.1.5",
    write: [fragments(TEXT, ["a", "b"])[0]!, normal, fragments(TEXT, ["a", "b"])[1]!],
    expect: closed(1000),
  },
  {
    name: "256 KiB of text, a close, and a ping",
    autobahn: "7.1.6",
    write: [{ opcode: TEXT, payload: pingText("a", 256 * 1024) }, normal, { opcode: PING }],
    expect: closed(1000, true),
  },
  { name: "a close byte by byte", write: [normal], pieceBytes: 1, expect: closed(1000) },
];

export const CLOSE_PAYLOADS: readonly WireCase[] = [
  { name: "no payload", autobahn: "7.3.1", write: [{ opcode: CLOSE }], expect: closed(undefined) },
  { name: "half a code", autobahn: "7.3.2", write: [{ opcode: CLOSE, payload: "a" }], expect: FAILED },
  { name: "a code", autobahn: "7.3.3", write: [normal], expect: closed(1000) },
  { name: "a code and a reason", autobahn: "7.3.4", write: [close(1000, "Hello")], expect: closed(1000) },
  {
    name: "a reason of 123 bytes, the longest",
    autobahn: "7.3.5",
    write: [close(1000, "x".repeat(123))],
    expect: closed(1000),
  },
  {
    name: "a reason that is no UTF-8",
    autobahn: "7.5.1",
    write: [close(1000, Uint8Array.of(0xce, 0xba, 0xed, 0xa0, 0x80))],
    expect: FAILED,
  },
  ...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999].map((
    code,
    i,
  ): WireCase => ({
    name: `the code ${code}`,
    autobahn: `7.7.${i + 1}`,
    write: [close(code)],
    expect: closed(code),
  })),
  ...[0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999].map((code, i): WireCase => ({
    name: `the code ${code}, which must not be sent`,
    autobahn: `7.9.${i + 1}`,
    write: [close(code)],
    expect: FAILED,
  })),
  ...[1015, 5000, 65535].map((code, i): WireCase => ({
    name: `the code ${code}, which must not be sent`,
    ...(i === 0 ? {} : { autobahn: `7.13.${i}` }),
    write: [close(code)],
    expect: FAILED,
  })),
];

/** A close frame. */
export function close(code: number, reason: string | Uint8Array = ""): FrameFields {
  return { opcode: CLOSE, payload: closePayload(code, reason) };
}

/** The close is answered with this code, perhaps after the message before it. */
export function closed(code: number | undefined, isAnswered = false): WireCase["expect"] {
  return { closed: code, ...(isAnswered ? { answers: [{ reply: "a" }] } : {}) };
}
