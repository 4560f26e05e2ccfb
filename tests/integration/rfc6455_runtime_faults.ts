/** Where the runtime itself breaks RFC 6455 in what it reads, and nothing above it can see or mend it. */
import { closePayload, fragments, type FrameFields, OPCODE } from "./raw_frame.ts";
import { pingText, type WireCase } from "./rfc6455_case.ts";

const { TEXT, BINARY, PING, PONG, CLOSE } = OPCODE;
const text: FrameFields = { opcode: TEXT, payload: pingText("a") };
const answered = [{ reply: "a" }] as const;

/** What is tested as it is today. */
export interface RuntimeFault extends WireCase {
  /** What the RFC says, and where. */
  readonly rule: string;
  /** Where it is or was spoken of; "none found" if nowhere. */
  readonly issue: string;
}

export const FAULTS: readonly RuntimeFault[] = [
  {
    name: "the runtime still takes frames without a mask",
    rule: "5.1: a server must close the connection",
    issue: "none found",
    write: [{ ...text, masked: false }, { opcode: PING, masked: false }],
    expect: [...answered, { pong: "" }],
  },
  {
    name: "the runtime still takes lengths in more bytes than needed",
    rule: "5.2: the minimal number of bytes must be used",
    issue: "none found",
    write: [{ ...text, lengthBytes: 9 }, { opcode: PING, lengthBytes: 3 }],
    expect: [...answered, { pong: "" }],
  },
  {
    name: "the runtime still takes pongs of more than 125 bytes",
    rule: "5.5: control frames must have at most 125 bytes",
    issue: "none found",
    write: [{ opcode: PONG, payload: "x".repeat(126) }],
    expect: [],
  },
  {
    name: "the runtime still takes, and answers, closes of more than 125 bytes",
    rule: "5.5: control frames must have at most 125 bytes",
    issue: "none found",
    autobahn: "7.3.6",
    write: [{ opcode: CLOSE, payload: closePayload(1000, "x".repeat(124)) }],
    expect: { closed: 1000 },
  },
  {
    name: "the runtime still lets an unfinished message be replaced by another unfinished one",
    rule: "5.4: fragments of messages must not be interleaved",
    issue: "none found",
    write: [{ opcode: BINARY, payload: "lost", fin: false }, ...fragments(TEXT, [pingText("a"), " "])],
    expect: answered,
  },
  {
    name: "the runtime still cuts off half a character at the end of a fragmented text",
    rule: "8.1: text that is no UTF-8 must fail the connection",
    issue: "none found",
    write: fragments(TEXT, [pingText("a"), Uint8Array.of(0xe2, 0x82)]),
    expect: answered,
  },
  {
    name: "the runtime still refuses the registered close code 1014",
    rule: "7.4.2: codes that are registered may be sent",
    issue: "none found",
    write: [{ opcode: CLOSE, payload: closePayload(1014) }],
    expect: { closed: 1002 },
  },
];
