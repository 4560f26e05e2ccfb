/** Fragmented messages: section 5 of Autobahn's suite. */
import { fragments, type FrameFields, OPCODE } from "./raw_frame.ts";
import { FAILED, pingText, type WireCase, wireTest } from "./rfc6455_case.ts";

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

/** The same written all at once, and byte by byte. */
function bothWays(
  { name, autobahn, bytewise, ...rest }: WireCase & { readonly bytewise?: string },
): WireCase[] {
  const number = (value: string | undefined) => value === undefined ? {} : { autobahn: value };
  return [
    { name, ...number(autobahn), ...rest },
    { name: `${name}, byte by byte`, ...number(bytewise), ...rest, pieceBytes: 1 },
  ];
}

wireTest("RFC 6455, fragments: control frames must not be cut, and may stand between fragments", [
  { name: "a ping in two fragments", autobahn: "5.1", write: fragments(PING, ["a", "b"]), expect: FAILED },
  { name: "a pong in two fragments", autobahn: "5.2", write: fragments(PONG, ["a", "b"]), expect: FAILED },
  { name: "a close in two fragments", write: fragments(CLOSE, ["", ""]), expect: FAILED },
  ...bothWays({
    name: "a text in two fragments",
    autobahn: "5.3, 5.4",
    bytewise: "5.5",
    write: [first, rest],
    expect: answered,
  }),
  ...bothWays({
    name: "a ping between two fragments is answered at once",
    autobahn: "5.6, 5.7",
    bytewise: "5.8",
    write: [first, ping, rest],
    expect: pongThenReply,
  }),
  {
    name: "several pings between five fragments",
    autobahn: "5.19, 5.20",
    write: [
      { opcode: TEXT, payload: whole.slice(0, 5), fin: false },
      { opcode: CONTINUATION, payload: whole.slice(5, 10), fin: false },
      { opcode: PING, payload: "one" },
      { opcode: CONTINUATION, payload: whole.slice(10, 15), fin: false },
      { opcode: CONTINUATION, payload: whole.slice(15, 20), fin: false },
      { opcode: PING, payload: "two" },
      { opcode: CONTINUATION, payload: whole.slice(20) },
    ],
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
    autobahn: "6.1.2",
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
]);

wireTest("RFC 6455, fragments: what is out of order fails the connection", [
  ...bothWays({
    name: "a final continuation with nothing to continue",
    autobahn: "5.9, 5.10",
    bytewise: "5.11",
    write: [rest, text],
    expect: FAILED,
  }),
  ...bothWays({
    name: "a continuation to be continued with nothing to continue",
    autobahn: "5.12, 5.13",
    bytewise: "5.14",
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
    name: "a continuation before each of two messages",
    autobahn: "5.16, 5.17",
    write: [second, first, rest],
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
]);
