/** Fragmented messages: section 5 of Autobahn's suite. */
import { fragments, type FrameFields, OPCODE } from "./raw_frame.ts";
import { FAILED, pingText, type WireCase } from "./rfc6455_case.ts";

const { CONTINUATION, TEXT, BINARY, PING, PONG, CLOSE } = OPCODE;
const whole = pingText("a");
const [head, middle, tail] = [whole.slice(0, 9), whole.slice(9, 20), whole.slice(20)] as [
  string,
  string,
  string,
];
const answered = [{ reply: "a" }] as const;
const first: FrameFields = { opcode: TEXT, payload: head, fin: false };
const second: FrameFields = { opcode: CONTINUATION, payload: middle, fin: false };
const last: FrameFields = { opcode: CONTINUATION, payload: tail };
const rest: FrameFields = { opcode: CONTINUATION, payload: middle + tail };
const ping: FrameFields = { opcode: PING, payload: "between" };
const text: FrameFields = { opcode: TEXT, payload: whole };
const pongThenReply = [{ pong: "between" }, ...answered] as const;

/** The same written all at once, frame by frame and byte by byte: three cases of Autobahn's, from the given one on. */
function threeWays(first: number, wireCase: WireCase): WireCase[] {
  return [
    { ...wireCase, autobahn: `5.${first}` },
    {
      ...wireCase,
      name: `${wireCase.name}, frame by frame`,
      autobahn: `5.${first + 1}`,
      pieceBytes: "frame",
    },
    { ...wireCase, name: `${wireCase.name}, byte by byte`, autobahn: `5.${first + 2}`, pieceBytes: 1 },
  ];
}

const manyPings: readonly FrameFields[] = [
  { opcode: TEXT, payload: whole.slice(0, 5), fin: false },
  { opcode: CONTINUATION, payload: whole.slice(5, 10), fin: false },
  { opcode: PING, payload: "one" },
  { opcode: CONTINUATION, payload: whole.slice(10, 15), fin: false },
  { opcode: CONTINUATION, payload: whole.slice(15, 20), fin: false },
  { opcode: PING, payload: "two" },
  { opcode: CONTINUATION, payload: whole.slice(20) },
];

export const AROUND_CONTROL_FRAMES: readonly WireCase[] = [
  { name: "a ping in two fragments", autobahn: "5.1", write: fragments(PING, ["a", "b"]), expect: FAILED },
  { name: "a pong in two fragments", autobahn: "5.2", write: fragments(PONG, ["a", "b"]), expect: FAILED },
  { name: "a close in two fragments", write: fragments(CLOSE, ["", ""]), expect: FAILED },
  ...threeWays(3, {
    name: "a text in two fragments",
    write: [first, rest],
    expect: answered,
  }),
  ...threeWays(6, {
    name: "a ping between two fragments is answered at once",
    write: [first, ping, rest],
    expect: pongThenReply,
  }),
  {
    name: "several pings between five fragments",
    autobahn: "5.19",
    write: manyPings,
    expect: [{ pong: "one" }, { pong: "two" }, ...answered],
  },
  {
    name: "several pings between five fragments, frame by frame",
    autobahn: "5.20",
    write: manyPings,
    pieceBytes: "frame",
    expect: [{ pong: "one" }, { pong: "two" }, ...answered],
  },
  { name: "a pong between two fragments", write: [first, { opcode: PONG }, rest], expect: answered },
  {
    name: "a close between two fragments ends the connection",
    write: [first, { opcode: CLOSE, payload: Uint8Array.of(3, 232) }, rest],
    expect: { closed: 1000 },
  },
  { name: "three fragments", write: [first, second, last], expect: answered },
  {
    name: "fragments without payload at both ends and between",
    write: fragments(TEXT, ["", head, "", middle + tail, ""]),
    expect: answered,
  },
  {
    name: "nothing but empty fragments is an empty message",
    write: fragments(TEXT, ["", "", ""]),
    expect: [{ error: "INVALID_JSON" }],
  },
  {
    name: "one fragment for each byte",
    write: fragments(TEXT, [...whole]),
    expect: answered,
  },
  {
    name: "a binary message in fragments",
    write: fragments(BINARY, [new Uint8Array(3), new Uint8Array(70_000)]),
    expect: [{ error: "UNSUPPORTED_BINARY" }],
  },
  {
    name: "a fragmented message, one in a piece, and a fragmented one again",
    write: [first, rest, text, first, rest],
    expect: [...answered, ...answered, ...answered],
  },
];

export const OUT_OF_ORDER: readonly WireCase[] = [
  ...threeWays(9, {
    name: "a final continuation with nothing to continue",
    write: [rest, text],
    expect: FAILED,
  }),
  ...threeWays(12, {
    name: "a continuation to be continued with nothing to continue",
    write: [second, text],
    expect: FAILED,
  }),
  {
    name: "a whole message, and then a continuation; the message is answered",
    autobahn: "5.15",
    write: [first, rest, second, text],
    expect: { failed: true, answers: answered },
  },
  {
    name: "a continuation to be continued before each of two fragmented messages",
    autobahn: "5.16",
    write: [second, first, rest, second, first, rest],
    expect: FAILED,
  },
  {
    name: "a final continuation before each of two fragmented messages",
    autobahn: "5.17",
    write: [rest, first, rest, rest, first, rest],
    expect: FAILED,
  },
  {
    name: "a second text instead of a continuation",
    autobahn: "5.18",
    write: [first, text],
    expect: FAILED,
  },
  {
    name: "a binary message instead of a continuation",
    write: [first, { opcode: BINARY, payload: "x" }],
    expect: FAILED,
  },
];
