/** UTF-8: section 6 of Autobahn's suite, from one octet sequence to the next in its order. */
import { fragments, type FrameFields, OPCODE } from "./raw_frame.ts";
import { type Answer, FAILED, type WireCase } from "./rfc6455_case.ts";

const { TEXT, CONTINUATION } = OPCODE;
const encoder = new TextEncoder();

/** Octets: in hexadecimal, and whether they are UTF-8. */
interface Sequence {
  readonly name: string;
  readonly autobahn?: string;
  readonly hex: string;
}

const HELLO = "Hello-µ@ßöäüàá-UTF-8!!";
/** The Greek word of the suite, and behind it a surrogate that must not be in UTF-8. */
const KOSME = "κ\u1f79σμε";
const SURROGATE = "ed a0 80";
/** Above U+10FFFF: certain from the second octet on. */
const TOO_HIGH = "f4 90 80 80";
const EDITED = "edited";

function sequences(section: string, name: string, hexes: readonly string[]): Sequence[] {
  return hexes.map((hex, i) => ({ name: `${name} ${hex}`, autobahn: `6.${section}.${i + 1}`, hex }));
}

const KOSME_OCTETS = hexOf(KOSME).split(" ");
const KOSME_PREFIXES = KOSME_OCTETS.map((_, i) => KOSME_OCTETS.slice(0, i + 1).join(" "));
/** What lacks its last continuation octet. */
const INCOMPLETE = [
  "c0",
  "e0 80",
  "f0 80 80",
  "f8 80 80 80",
  "fc 80 80 80 80",
  "df",
  "ef bf",
  "f7 bf bf",
  "fb bf bf bf",
  "fd bf bf bf bf",
];

/** Sequences of the suite that stand by themselves; the decoder of the platform says which ones are UTF-8. */
const SEQUENCES: readonly Sequence[] = [
  ...sequences(
    "5",
    "valid text",
    ["hello$world", "hello¢world", "hello€world", "hello𤭢world", KOSME].map(hexOf),
  ),
  ...sequences("6", "the beginning of a word", KOSME_PREFIXES),
  ...sequences("7", "the first code point of its length", ["00", "c2 80", "e0 a0 80", "f0 90 80 80"]),
  ...sequences("8", "the first code point of five or six octets", ["f8 88 80 80 80", "fc 84 80 80 80 80"]),
  ...sequences("9", "the last code point of its length", ["7f", "df bf", "ef bf bf", "f4 8f bf bf"]),
  ...sequences("10", "the last code point of its length in the old count", [
    "f7 bf bf bf",
    "fb bf bf bf bf",
    "fd bf bf bf bf bf",
  ]),
  ...sequences("11", "a boundary", ["ed 9f bf", "ee 80 80", "ef bf bd", "f4 8f bf bf", TOO_HIGH]),
  ...sequences("12", "unexpected continuation octets", [
    "80",
    "bf",
    ...[2, 3, 4, 5, 6].map((count) => "80 bf 80 bf 80 bf".slice(0, 3 * count - 1)),
    range(0x80, 0xbf),
  ]),
  ...sequences("13", "lonely first octets", [
    spaced(0xc0, 0xdf),
    spaced(0xe0, 0xef),
    spaced(0xf0, 0xf7),
    spaced(0xf8, 0xfb),
    spaced(0xfc, 0xfd),
  ]),
  ...sequences("14", "the last octet is missing", INCOMPLETE),
  ...sequences("15", "several whose last octet is missing", [INCOMPLETE.join(" ")]),
  ...sequences("16", "impossible octets", ["fe", "ff", "fe fe ff ff"]),
  ...sequences("17", "an overlong slash", [
    "c0 af",
    "e0 80 af",
    "f0 80 80 af",
    "f8 80 80 80 af",
    "fc 80 80 80 80 af",
  ]),
  ...sequences("18", "the largest overlong form", [
    "c1 bf",
    "e0 9f bf",
    "f0 8f bf bf",
    "f8 87 bf bf bf",
    "fc 83 bf bf bf bf",
  ]),
  ...sequences("19", "an overlong NUL", [
    "c0 80",
    "e0 80 80",
    "f0 80 80 80",
    "f8 80 80 80 80",
    "fc 80 80 80 80 80",
  ]),
  ...sequences("20", "a lonely surrogate", [
    SURROGATE,
    "ed ad bf",
    "ed ae 80",
    "ed af bf",
    "ed b0 80",
    "ed be 80",
    "ed bf bf",
  ]),
  ...sequences("21", "paired surrogates", [
    "ed a0 80 ed b0 80",
    "ed a0 80 ed bf bf",
    "ed ad bf ed b0 80",
    "ed ad bf ed bf bf",
    "ed ae 80 ed b0 80",
    "ed ae 80 ed bf bf",
    "ed af bf ed b0 80",
    "ed af bf ed bf bf",
  ]),
  ...sequences(
    "22",
    "a non-character",
    Array.from({ length: 34 }, (_, i) => hexOf(String.fromCodePoint((i >> 1) * 65536 + 0xfffe + (i & 1)))),
  ),
  ...sequences(
    "23",
    "a special",
    Array.from({ length: 7 }, (_, i) => hexOf(String.fromCodePoint(0xfff9 + i))),
  ),
];

/** What the server replaces where it repeats the text of a client. */
const UNSHOWN = /[\p{Cc}\p{Cf}]/u;

/** A text that has the octets in a JSON string, or as they are if JSON has no place for them, and what is said to it. */
function echo(octets: Uint8Array): { readonly payload: Uint8Array; readonly expect: readonly Answer[] } {
  const text = new TextDecoder().decode(octets);
  const json = (id: string, beside = "") => JSON.stringify({ type: "PING", data: { ping_id: id }, beside });
  const isShown = !UNSHOWN.test(text);
  const payload = encoder.encode(isShown ? json(text) : json("a", text));
  return { payload, expect: [{ reply: isShown ? text : "a" }] };
}

/** The octets as part of a JSON string. */
function quoted(octets: Uint8Array): Uint8Array {
  const [before, after] = ['{"type":"PING","data":{"ping_id":"', '"}}'].map((part) => encoder.encode(part));
  return Uint8Array.of(...before!, ...octets, ...after!);
}

/** In one frame, in a fragment for each octet, and byte by byte. */
function valid({ name, autobahn, hex }: Sequence): WireCase[] {
  const { payload, expect } = echo(bytes(hex));
  const number = autobahn === undefined ? {} : { autobahn };
  return [
    { name: `${name}, in one frame`, ...number, write: [{ opcode: TEXT, payload }], expect },
    { name: `${name}, a fragment for each octet`, write: fragments(TEXT, cut(payload, 1)), expect },
    { name: `${name}, byte by byte`, write: [{ opcode: TEXT, payload }], pieceBytes: 1, expect },
  ];
}

function invalid({ name, autobahn, hex }: Sequence): WireCase[] {
  const payload = quoted(bytes(hex));
  const number = autobahn === undefined ? {} : { autobahn };
  return [
    { name: `${name}, in one frame`, ...number, write: [{ opcode: TEXT, payload }], expect: FAILED },
    { name: `${name}, a fragment for each octet`, write: fragments(TEXT, cut(payload, 1)), expect: FAILED },
  ];
}

const hello = echo(encoder.encode(HELLO));
const greek = echo(encoder.encode(KOSME));
const EMPTY_MESSAGE = [{ error: "INVALID_JSON" }] as const;

/** What is UTF-8. */
export const VALID_TEXTS: readonly WireCase[] = [
  { name: "an empty text", autobahn: "6.1.1", write: [{ opcode: TEXT }], expect: EMPTY_MESSAGE },
  {
    name: "three empty fragments are an empty text",
    autobahn: "6.1.2",
    write: fragments(TEXT, ["", "", ""]),
    expect: EMPTY_MESSAGE,
  },
  {
    name: "a text between two empty fragments",
    autobahn: "6.1.3",
    write: fragments(TEXT, ["", hello.payload, ""]),
    expect: hello.expect,
  },
  {
    name: "characters of one and two octets in one frame",
    autobahn: "6.2.1",
    write: [{ opcode: TEXT, payload: hello.payload }],
    expect: hello.expect,
  },
  {
    name: "characters of one and two octets, cut between two of them",
    autobahn: "6.2.2",
    write: fragments(TEXT, [hello.payload.subarray(0, 41), hello.payload.subarray(41)]),
    expect: hello.expect,
  },
  {
    name: "characters of one and two octets, a fragment for each octet",
    autobahn: "6.2.3",
    write: fragments(TEXT, cut(hello.payload, 1)),
    expect: hello.expect,
  },
  {
    name: "Greek, a fragment for each octet",
    autobahn: "6.2.4",
    write: fragments(TEXT, cut(greek.payload, 1)),
    expect: greek.expect,
  },
  ...SEQUENCES.filter(({ hex }) => isUtf8(bytes(hex))).flatMap(valid),
];

const spoiled = Uint8Array.of(...encoder.encode(KOSME), ...bytes(SURROGATE), ...encoder.encode(EDITED));

/** What is not. */
export const INVALID_TEXTS: readonly WireCase[] = [
  {
    name: "a surrogate between text",
    autobahn: "6.3.1",
    write: [{ opcode: TEXT, payload: spoiled }],
    expect: FAILED,
  },
  {
    name: "a surrogate between text, a fragment for each octet",
    autobahn: "6.3.2",
    write: fragments(TEXT, cut(spoiled, 1)),
    expect: FAILED,
  },
  ...SEQUENCES.filter(({ hex }) => !isUtf8(bytes(hex))).flatMap(invalid),
];

/** Messages whose end is not sent. */
export const INVALID_BEGINNINGS: readonly WireCase[] = [
  {
    name: "the invalid octets in the second of three fragments, the third not sent",
    autobahn: "6.4.1",
    write: [unfinished(TEXT, KOSME), unfinished(CONTINUATION, bytes(TOO_HIGH))],
    expect: FAILED,
  },
  {
    name: "the octet that makes it invalid at the end of the second fragment, the third not sent",
    autobahn: "6.4.2",
    write: [
      unfinished(TEXT, Uint8Array.of(...encoder.encode(KOSME), 0xf4)),
      unfinished(CONTINUATION, bytes("90")),
    ],
    expect: FAILED,
  },
  { name: "an invalid first fragment", write: [unfinished(TEXT, bytes(SURROGATE))], expect: FAILED },
];

/** A text of one frame that is invalid in its middle: its parts as Autobahn's 6.4.3 and 6.4.4 write them. */
export const INVALID_FRAMES: readonly { readonly autobahn: string; readonly parts: readonly Uint8Array[] }[] =
  [
    { autobahn: "6.4.3", parts: [encoder.encode(KOSME), bytes(TOO_HIGH), encoder.encode(EDITED)] },
    {
      autobahn: "6.4.4",
      parts: [
        Uint8Array.of(...encoder.encode(KOSME), 0xf4),
        bytes("90"),
        Uint8Array.of(...bytes("80 80"), ...encoder.encode(EDITED)),
      ],
    },
  ];

function unfinished(opcode: number, payload: string | Uint8Array): FrameFields {
  return { opcode, payload, fin: false };
}

function isUtf8(octets: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(octets);
    return true;
  } catch {
    return false;
  }
}

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.split(" "), (part) => parseInt(part, 16));
}

function hexOf(text: string): string {
  return Array.from(encoder.encode(text), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

/** The octets in pieces of `size`. */
function cut(data: Uint8Array, size: number): Uint8Array[] {
  return Array.from(
    { length: Math.ceil(data.length / size) },
    (_, i) => data.subarray(i * size, (i + 1) * size),
  );
}

function range(from: number, to: number): string {
  return Array.from({ length: to - from + 1 }, (_, i) => (from + i).toString(16)).join(" ");
}

/** Each octet with a space behind it, which is no continuation octet. */
function spaced(from: number, to: number): string {
  return range(from, to).split(" ").map((hex) => `${hex} 20`).join(" ");
}
