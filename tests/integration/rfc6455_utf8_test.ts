/** UTF-8: section 6 of Autobahn's suite. */
import { fragments, type FrameFields, OPCODE } from "./raw_frame.ts";
import { FAILED, type WireCase, wireTest } from "./rfc6455_case.ts";

const { TEXT, CONTINUATION } = OPCODE;
const encoder = new TextEncoder();
const HELLO = "Hello-µ@ßöäüàá-UTF-8!!";
/** The Greek word of the suite, and behind it a surrogate that must not be in UTF-8. */
const KOSME = "κόσμε";
const BAD = bytes("ed a0 80");
const EDITED = "edited";

/** A PING that has the given text as its id, which comes back, or beside it: control characters do not come back. */
function echo(id: string, beside = ""): Uint8Array {
  return encoder.encode(JSON.stringify({ type: "PING", data: { ping_id: id }, beside }));
}

/** The message in the given hex inside of a JSON string. */
function quoted(hex: string): Uint8Array {
  return Uint8Array.of(
    ...encoder.encode('{"type":"PING","data":{"ping_id":"'),
    ...bytes(hex),
    ...encoder.encode('"}}'),
  );
}

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.split(" ").filter((part) => part !== ""), (part) => parseInt(part, 16));
}

/** The bytes in pieces of `size`. */
function cut(data: Uint8Array, size: number): Uint8Array[] {
  return Array.from(
    { length: Math.ceil(data.length / size) },
    (_, i) => data.subarray(i * size, (i + 1) * size),
  );
}

function valid(name: string, autobahn: string, text: string): WireCase[] {
  const isShown = !UNSHOWN.test(text);
  const payload = isShown ? echo(text) : echo("a", text);
  const expect = [{ reply: isShown ? text : "a" }];
  return [
    { name: `${name} in one frame`, autobahn, write: [{ opcode: TEXT, payload }], expect },
    { name: `${name}, a fragment for each byte`, write: fragments(TEXT, cut(payload, 1)), expect },
    { name: `${name}, byte by byte`, write: [{ opcode: TEXT, payload }], pieceBytes: 1, expect },
  ];
}

/** What the server replaces where it repeats the text of a client. */
const UNSHOWN = /[\p{Cc}\p{Cf}]/u;

const VALID: readonly (readonly [string, string, string])[] = [
  ["text of one, two and three bytes a character", "6.2.1 to 6.2.4", HELLO],
  ["Greek", "6.5.1 to 6.5.5", KOSME],
  ["the first code point of two bytes", "6.7.2", "\u0080"],
  ["the first code point of three bytes", "6.7.3", "\u0800"],
  ["the first code point of four bytes", "6.7.4", "\u{10000}"],
  ["the last code point of one byte", "6.9.1", "\u007f"],
  ["the last code point of two bytes", "6.9.2", "\u07ff"],
  ["the last code point of three bytes", "6.9.3", "\uffff"],
  ["the last code point of four bytes", "6.9.4", "\u{10ffff}"],
  ["the code points around the surrogates", "6.11.1, 6.11.2", "\ud7ff\ue000"],
  ["the replacement character", "6.11.3", "\ufffd"],
  ["U+10FFFE and U+10FFFF", "6.11.4, 6.22.33, 6.22.34", "\u{10fffe}\u{10ffff}"],
  [
    "the non-characters of all planes",
    "6.22.1 to 6.22.34",
    Array.from(
      { length: 17 },
      (_, plane) => String.fromCodePoint(plane * 65536 + 0xfffe, plane * 65536 + 0xffff),
    )
      .join(""),
  ],
  [
    "specials, interlinear annotations included",
    "6.23.1 to 6.23.7",
    "\ufff9\ufffa\ufffb\ufffc\ufffd\ufffe\uffff",
  ],
];

wireTest(
  "RFC 6455, UTF-8: what is valid arrives as it was, wherever it is cut",
  VALID.flatMap((each) => valid(...each)),
);

const INVALID: readonly (readonly [string, string, string])[] = [
  ["a surrogate among text", "6.3.1", "ce ba e1 bd b9 cf 83 ce bc ce b5 ed a0 80 65"],
  ["a code point above U+10FFFF", "6.4.1", "f4 90 80 80"],
  ["a character without its last byte", "6.6.1 to 6.6.11", "ce ba e1 bd"],
  ["the first code point of five bytes", "6.8.1", "f8 88 80 80 80"],
  ["the first code point of six bytes", "6.8.2", "fc 84 80 80 80 80"],
  ["the last code point of four bytes in the old count", "6.10.1", "f7 bf bf bf"],
  ["the last code point of five bytes", "6.10.2", "fb bf bf bf bf"],
  ["the last code point of six bytes", "6.10.3", "fd bf bf bf bf bf"],
  ["U+110000", "6.11.5", "f4 90 80 80"],
  ["a continuation byte alone", "6.12.1, 6.12.2", "80"],
  ["two to seven continuation bytes", "6.12.3 to 6.12.8", "80 bf 80 bf 80 bf 80"],
  ["all continuation bytes", "6.12.8", range(0x80, 0xbf)],
  ["lonely first bytes of two", "6.13.1", spaced(0xc0, 0xdf)],
  ["lonely first bytes of three", "6.13.2", spaced(0xe0, 0xef)],
  ["lonely first bytes of four", "6.13.3", spaced(0xf0, 0xf7)],
  ["lonely first bytes of five", "6.13.4", spaced(0xf8, 0xfb)],
  ["lonely first bytes of six", "6.13.5", spaced(0xfc, 0xfd)],
  ["two bytes that lack the last", "6.14.1", "c0"],
  ["three bytes that lack the last", "6.14.2", "e0 80"],
  ["four bytes that lack the last", "6.14.3", "f0 80 80"],
  ["five bytes that lack the last", "6.14.4", "f8 80 80 80"],
  ["six bytes that lack the last", "6.14.5", "fc 80 80 80 80"],
  ["sequences that lack the last byte, one after the other", "6.15.1", "c0 e0 80 f0 80 80 f8 80 80 80"],
  ["the byte FE", "6.16.1", "fe"],
  ["the byte FF", "6.16.2", "ff"],
  ["FE FE FF FF", "6.16.3", "fe fe ff ff"],
  ["a slash in two bytes", "6.17.1", "c0 af"],
  ["a slash in three bytes", "6.17.2", "e0 80 af"],
  ["a slash in four bytes", "6.17.3", "f0 80 80 af"],
  ["a slash in five bytes", "6.17.4", "f8 80 80 80 af"],
  ["a slash in six bytes", "6.17.5", "fc 80 80 80 80 af"],
  ["the largest overlong form of two bytes", "6.18.1", "c1 bf"],
  ["the largest overlong form of three bytes", "6.18.2", "e0 9f bf"],
  ["the largest overlong form of four bytes", "6.18.3", "f0 8f bf bf"],
  ["the largest overlong form of five bytes", "6.18.4", "f8 87 bf bf bf"],
  ["the largest overlong form of six bytes", "6.18.5", "fc 83 bf bf bf bf"],
  ["NUL in two bytes", "6.19.1", "c0 80"],
  ["NUL in three bytes", "6.19.2", "e0 80 80"],
  ["NUL in four bytes", "6.19.3", "f0 80 80 80"],
  ["NUL in five bytes", "6.19.4", "f8 80 80 80 80"],
  ["NUL in six bytes", "6.19.5", "fc 80 80 80 80 80"],
  ...["ed a0 80", "ed ad bf", "ed ae 80", "ed af bf", "ed b0 80", "ed be 80", "ed bf bf"].map((hex, i) =>
    [`the lonely surrogate ${hex}`, `6.20.${i + 1}`, hex] as const
  ),
  ...[
    "ed a0 80 ed b0 80",
    "ed a0 80 ed bf bf",
    "ed ad bf ed b0 80",
    "ed ad bf ed bf bf",
    "ed ae 80 ed b0 80",
    "ed ae 80 ed bf bf",
    "ed af bf ed b0 80",
    "ed af bf ed bf bf",
  ].map((hex, i) => [`the paired surrogates ${hex}`, `6.21.${i + 1}`, hex] as const),
];

wireTest(
  "RFC 6455, UTF-8: what is invalid fails the connection, and no part of it is answered",
  INVALID.flatMap(([name, autobahn, hex]) => [
    { name, autobahn, write: [{ opcode: TEXT, payload: quoted(hex) }], expect: FAILED },
    {
      name: `${name}, a fragment for each byte`,
      write: fragments(TEXT, cut(quoted(hex), 1)),
      expect: FAILED,
    },
  ]),
);

const unfinished = (opcode: number, payload: string | Uint8Array): FrameFields => ({
  opcode,
  payload,
  fin: false,
});

wireTest("RFC 6455, UTF-8: an unfinished message fails as soon as it is certain to be invalid", [
  {
    name: "the invalid byte in the second of three fragments, the third not sent",
    autobahn: "6.4.1, 6.4.2",
    write: [unfinished(TEXT, KOSME), unfinished(CONTINUATION, bytes("f4 90 80 80"))],
    expect: FAILED,
  },
  {
    name: "the invalid byte behind the cut, the rest not sent",
    autobahn: "6.4.2",
    write: [
      unfinished(TEXT, Uint8Array.of(...encoder.encode(KOSME), 0xf4)),
      unfinished(CONTINUATION, bytes("90")),
    ],
    expect: FAILED,
  },
  {
    name: "an invalid first fragment",
    write: [unfinished(TEXT, BAD)],
    expect: FAILED,
  },
  {
    name: "text after what is invalid is not read",
    autobahn: "6.3.2",
    write: [
      ...fragments(TEXT, cut(Uint8Array.of(...encoder.encode(KOSME), ...BAD, ...encoder.encode(EDITED)), 1)),
    ],
    expect: FAILED,
  },
]);

function range(from: number, to: number): string {
  return Array.from({ length: to - from + 1 }, (_, i) => (from + i).toString(16)).join(" ");
}

/** Each byte with a space behind it, which is no continuation byte. */
function spaced(from: number, to: number): string {
  return range(from, to).split(" ").map((hex) => `${hex} 20`).join(" ");
}
