/** Large messages, small frames, chopped writes, many messages: section 9 of Autobahn's suite. */
import { suiteOrProof } from "../support/runs.ts";
import { fragments, type FrameFields, OPCODE } from "./raw_frame.ts";
import { pingText, type WireCase } from "./rfc6455_case.ts";

const { TEXT, BINARY } = OPCODE;
export const KIB = 1024;
export const MIB = KIB * KIB;
const answered = [{ reply: "a" }] as const;
const unsupported = [{ error: "UNSUPPORTED_BINARY" }] as const;
const encoder = new TextEncoder();

const text = (bytes: number): FrameFields => ({ opcode: TEXT, payload: pingText("a", bytes) });
/** A message that is no text, and none of the server's binary messages. */
export const binary = (bytes: number): FrameFields => ({
  opcode: BINARY,
  payload: new Uint8Array(bytes).fill(0xfe),
});

/** A message of one frame, in frames of so many bytes. */
export function cut({ opcode, payload }: FrameFields, bytes: number): FrameFields[] {
  const data = typeof payload === "string" ? encoder.encode(payload) : payload!;
  const count = Math.ceil(data.length / bytes);
  return fragments(
    opcode,
    Array.from({ length: count }, (_, i) => data.subarray(i * bytes, (i + 1) * bytes)),
  );
}

const LARGE = [64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, 16 * MIB];
const PARTS = [64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB];
const PIECES = [64, 128, 256, 512, KIB, 2 * KIB];
/** The sizes of Autobahn's suite when proving: what breaks at 4 MiB in small parts does so at a quarter. */
const CUT_BYTES = suiteOrProof(MIB, 4 * MIB);
const CHOPPED_BYTES = suiteOrProof(256 * KIB, MIB);

export const LARGE_MESSAGES: readonly WireCase[] = [
  ...LARGE.map((bytes, i): WireCase => ({
    name: `a text of ${bytes} bytes`,
    autobahn: `9.1.${i + 1}`,
    write: [text(bytes)],
    expect: answered,
  })),
  ...LARGE.map((bytes, i): WireCase => ({
    name: `a binary message of ${bytes} bytes`,
    autobahn: `9.2.${i + 1}`,
    write: [binary(bytes)],
    expect: unsupported,
  })),
];

export const LARGE_IN_FRAGMENTS: readonly WireCase[] = [
  ...PARTS.map((bytes, i): WireCase => ({
    name: `a text in fragments of ${bytes} bytes`,
    autobahn: `9.3.${i + 1}`,
    write: cut(text(CUT_BYTES), bytes),
    expect: answered,
  })),
  ...PARTS.map((bytes, i): WireCase => ({
    name: `a binary message in fragments of ${bytes} bytes`,
    autobahn: `9.4.${i + 1}`,
    write: cut(binary(CUT_BYTES), bytes),
    expect: unsupported,
  })),
];

export const LARGE_IN_PIECES: readonly WireCase[] = [
  ...PIECES.map((bytes, i): WireCase => ({
    name: `a text in writes of ${bytes} bytes`,
    autobahn: `9.5.${i + 1}`,
    write: [text(CHOPPED_BYTES)],
    pieceBytes: bytes,
    expect: answered,
  })),
  ...PIECES.map((bytes, i): WireCase => ({
    name: `a binary message in writes of ${bytes} bytes`,
    autobahn: `9.6.${i + 1}`,
    write: [binary(CHOPPED_BYTES)],
    pieceBytes: bytes,
    expect: unsupported,
  })),
];

/** Many messages of one size, one after the other. */
export interface Volley {
  readonly autobahn?: string;
  /** What a text is filled up to, if it does not need more for itself; the length of a binary message. */
  readonly bytes: number;
  readonly isText: boolean;
}

/** Autobahn's sizes, and 16 KiB. */
const VOLLEY_BYTES = [0, 16, 64, 256, KIB, 4 * KIB, 16 * KIB];
export const VOLLEYS: readonly Volley[] = [true, false].flatMap((isText) =>
  VOLLEY_BYTES.map((bytes, i) => ({
    isText,
    bytes,
    ...(i === VOLLEY_BYTES.length - 1 ? {} : { autobahn: `9.${isText ? 7 : 8}.${i + 1}` }),
  }))
);
