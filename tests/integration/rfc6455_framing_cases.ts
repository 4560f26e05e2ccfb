/** Frames, pings, reserved bits and opcodes: sections 1 to 4 and 10 of Autobahn's suite. */
import { assert } from "@std/assert";
import { fragments, type FrameFields, OPCODE } from "./raw_frame.ts";
import { FAILED, pingText, type WireCase } from "./rfc6455_case.ts";

const { TEXT, BINARY, PING, PONG, CLOSE } = OPCODE;
const SIZES = [0, 1, 125, 126, 127, 128, 65_535, 65_536] as const;
const hello: FrameFields = { opcode: TEXT, payload: pingText("a") };
const answered = { reply: "a" } as const;

/** Autobahn's case in a section that has its cases in the order of `SIZES`, but none of a single byte. */
function sizeNumber(section: string, bytes: number): { autobahn?: string } {
  const number = [0, 125, 126, 127, 128, 65_535, 65_536].indexOf(bytes) + 1;
  return number === 0 ? {} : { autobahn: `${section}.${number}` };
}

/** A text of exactly so many bytes and what the server says to it. */
function sizedText(bytes: number): Pick<WireCase, "write" | "expect"> {
  if (bytes === 0) return { write: [{ opcode: TEXT }], expect: [{ error: "INVALID_JSON" }] };
  if (bytes === 1) return { write: [{ opcode: TEXT, payload: "{" }], expect: [{ error: "INVALID_JSON" }] };
  return { write: [{ opcode: TEXT, payload: pingText("a", bytes) }], expect: [answered] };
}

export const FRAMING: readonly WireCase[] = [
  ...SIZES.map((bytes) => ({
    name: `a text of ${bytes} bytes`,
    ...sizeNumber("1.1", bytes),
    ...sizedText(bytes),
  })),
  ...SIZES.map((bytes) => ({
    name: `a binary message of ${bytes} bytes`,
    ...sizeNumber("1.2", bytes),
    write: [{ opcode: BINARY, payload: new Uint8Array(bytes).fill(0xfe) }],
    expect: [{ error: "UNSUPPORTED_BINARY" }] as const,
  })),
  {
    name: "a text of 65,536 bytes in pieces of 997 bytes",
    autobahn: "1.1.8",
    ...sizedText(65_536),
    pieceBytes: 997,
  },
  {
    name: "a binary message of 65,536 bytes in pieces of 997 bytes",
    autobahn: "1.2.8",
    write: [{ opcode: BINARY, payload: new Uint8Array(65_536).fill(0xfe) }],
    pieceBytes: 997,
    expect: [{ error: "UNSUPPORTED_BINARY" }],
  },
  {
    name: "a text whose header and payload come byte by byte",
    write: [hello],
    pieceBytes: 1,
    expect: [answered],
  },
  {
    name: "several messages in one write",
    write: [hello, hello, hello],
    expect: [answered, answered, answered],
  },
  ...([[0, 0, 0, 0], [255, 255, 255, 255], [1, 2, 3, 4]] as const).map((maskKey) => ({
    name: `the mask ${maskKey.join(".")}`,
    write: [{ ...hello, maskKey }],
    expect: [answered],
  })),
  {
    name: "a length of 2^63, which must not be",
    write: [{ opcode: BINARY, claimedBytes: 2 ** 63 }],
    expect: FAILED,
  },
  {
    name: "a text of 65,536 bytes in fragments of 1,300 bytes",
    autobahn: "10.1.1",
    write: fragments(TEXT, cut(pingText("a", 65_536), 1300)),
    expect: [answered],
  },
];

export const PINGS: readonly WireCase[] = [
  { name: "a ping without payload", autobahn: "2.1", write: [{ opcode: PING }], expect: [{ pong: "" }] },
  { name: "a ping with text", autobahn: "2.2", write: [ping("Hello")], expect: [{ pong: "Hello" }] },
  {
    name: "a ping with bytes that are no text",
    autobahn: "2.3",
    write: [{ opcode: PING, payload: Uint8Array.of(0, 255, 254, 253, 252, 251, 0, 255) }],
    expect: [{ pong: Uint8Array.of(0, 255, 254, 253, 252, 251, 0, 255) }],
  },
  {
    name: "a ping of 125 bytes",
    autobahn: "2.4",
    write: [ping("x".repeat(125))],
    expect: [{ pong: "x".repeat(125) }],
  },
  { name: "a ping of 126 bytes fails", autobahn: "2.5", write: [ping("x".repeat(126))], expect: FAILED },
  {
    name: "a ping of 125 bytes, byte by byte",
    autobahn: "2.6",
    write: [ping("y".repeat(125))],
    pieceBytes: 1,
    expect: [{ pong: "y".repeat(125) }],
  },
  { name: "an unsolicited pong without payload", autobahn: "2.7", write: [{ opcode: PONG }], expect: [] },
  { name: "an unsolicited pong with payload", autobahn: "2.8", write: [pong("x")], expect: [] },
  {
    name: "an unsolicited pong and then a ping",
    autobahn: "2.9",
    write: [pong("x"), ping("p")],
    expect: [{ pong: "p" }],
  },
  {
    name: "ten pings at once are answered in order",
    autobahn: "2.10",
    write: tenPings(),
    expect: tenPings().map(({ payload }) => ({ pong: payload as string })),
  },
  {
    name: "ten pings byte by byte are answered in order",
    autobahn: "2.11",
    write: tenPings(),
    pieceBytes: 1,
    expect: tenPings().map(({ payload }) => ({ pong: payload as string })),
  },
];

export const RESERVED_BITS: readonly WireCase[] = [
  { name: "RSV 3 on a text", autobahn: "3.1", write: [{ ...hello, rsv: 1 }], expect: FAILED },
  {
    name: "RSV 2 on the second text; the first is answered",
    autobahn: "3.2",
    write: [hello, { ...hello, rsv: 2 }, ping("x")],
    expect: { failed: true, answers: [answered] },
  },
  {
    name: "RSV 2 and 3 on the second text, frame by frame",
    autobahn: "3.3",
    write: [hello, { ...hello, rsv: 3 }, ping("x")],
    pieceBytes: "frame",
    expect: { failed: true, answers: [answered] },
  },
  {
    name: "RSV 1 on the second text, byte by byte",
    autobahn: "3.4",
    write: [hello, { ...hello, rsv: 4 }, ping("x")],
    pieceBytes: 1,
    expect: { failed: true, answers: [answered] },
  },
  {
    name: "RSV 1 and 3 on a binary message",
    autobahn: "3.5",
    write: [{ opcode: BINARY, payload: "x", rsv: 5 }],
    expect: FAILED,
  },
  { name: "RSV 1 and 2 on a ping", autobahn: "3.6", write: [{ ...ping("x"), rsv: 6 }], expect: FAILED },
  { name: "RSV 1, 2 and 3 on a close", autobahn: "3.7", write: [{ opcode: CLOSE, rsv: 7 }], expect: FAILED },
];

/** The first two at once, the others behind a text that is answered; with and without payload in turn. */
function reserved(opcodes: readonly number[], kind: string, section: string): WireCase[] {
  return opcodes.map((opcode, i) => {
    const frame: FrameFields = { opcode, payload: i % 2 === 0 ? "" : "x" };
    return {
      name: `the ${kind} opcode ${opcode}`,
      autobahn: `${section}.${i + 1}`,
      write: i < 2 ? [frame] : [hello, frame, ping("p")],
      ...(i === 4 ? { pieceBytes: 1 } : {}),
      expect: i < 2 ? FAILED : { failed: true, answers: [answered] },
    };
  });
}

export const RESERVED_OPCODES: readonly WireCase[] = [
  ...reserved([3, 4, 5, 6, 7], "data", "4.1"),
  ...reserved([11, 12, 13, 14, 15], "control", "4.2"),
];

function ping(payload: string): FrameFields {
  return { opcode: PING, payload };
}

function pong(payload: string): FrameFields {
  return { opcode: PONG, payload };
}

function tenPings(): FrameFields[] {
  return Array.from({ length: 10 }, (_, i) => ping(`payload-${i}`));
}

function cut(text: string, chars: number): string[] {
  const parts: string[] = [];
  for (let from = 0; from < text.length; from += chars) parts.push(text.slice(from, from + chars));
  assert(parts.length > 1);
  return parts;
}
