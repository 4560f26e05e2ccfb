/** Frames of RFC 6455 as bytes, right ones and wrong ones: nothing here stops a test from breaking a rule. */

export const OPCODE = { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 } as const;

/** A frame to write. What is left out is as a well-behaved client has it. */
export interface FrameFields {
  /** Any number of four bits, reserved ones too. */
  readonly opcode: number;
  /** Text is written as UTF-8. */
  readonly payload?: string | Uint8Array;
  readonly fin?: boolean;
  /** The three reserved bits as a number of 0 to 7. */
  readonly rsv?: number;
  readonly masked?: boolean;
  readonly maskKey?: readonly [number, number, number, number];
  /** Length that the header claims, if not that of the payload. */
  readonly claimedBytes?: number;
  /** Bytes of the length field: by itself the shortest of 1, 3 and 9. */
  readonly lengthBytes?: 1 | 3 | 9;
}

/** A frame as it came. */
export interface RawFrame {
  readonly opcode: number;
  readonly fin: boolean;
  readonly rsv: number;
  readonly masked: boolean;
  readonly payload: Uint8Array<ArrayBuffer>;
}

const encoder = new TextEncoder();
const DEFAULT_KEY = [0x37, 0xfa, 0x21, 0x3d] as const;

/** The bytes of one frame. */
export function encodeFrame(fields: FrameFields): Uint8Array<ArrayBuffer> {
  const { payload = "", fin = true, rsv = 0, masked = true, maskKey = DEFAULT_KEY } = fields;
  const data = typeof payload === "string" ? encoder.encode(payload) : payload;
  const claimed = fields.claimedBytes ?? data.length;
  const lengthBytes = fields.lengthBytes ?? (claimed < 126 ? 1 : claimed < 65536 ? 3 : 9);
  const headBytes = 1 + lengthBytes + (masked ? 4 : 0);
  const bytes = new Uint8Array(headBytes + data.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = (fin ? 0x80 : 0) | (rsv << 4) | fields.opcode;
  const maskBit = masked ? 0x80 : 0;
  if (lengthBytes === 1) bytes[1] = maskBit | claimed;
  else {
    bytes[1] = maskBit | (lengthBytes === 3 ? 126 : 127);
    if (lengthBytes === 3) view.setUint16(2, claimed);
    else view.setBigUint64(2, BigInt(claimed));
  }
  if (masked) bytes.set(maskKey, headBytes - 4);
  for (let i = 0; i < data.length; i++) {
    bytes[headBytes + i] = masked ? data[i]! ^ maskKey[i & 3]! : data[i]!;
  }
  return bytes;
}

/** The payload of a close frame. */
export function closePayload(code: number, reason: string | Uint8Array = ""): Uint8Array<ArrayBuffer> {
  const text = typeof reason === "string" ? encoder.encode(reason) : reason;
  return Uint8Array.of(code >> 8, code & 255, ...text);
}

/** A message cut into fragments, as frames: a first one of the message's opcode, then continuations. */
export function fragments(opcode: number, parts: readonly (string | Uint8Array)[]): FrameFields[] {
  return parts.map((payload, i) => ({
    opcode: i === 0 ? opcode : OPCODE.CONTINUATION,
    payload,
    fin: i === parts.length - 1,
  }));
}

/** The first frame of `bytes` and how many bytes it took; undefined as long as it is not whole. */
export function decodeFrame(
  bytes: Uint8Array,
): { readonly frame: RawFrame; readonly length: number } | undefined {
  if (bytes.length < 2) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const short = bytes[1]! & 0x7f;
  const lengthBytes = short === 126 ? 3 : short === 127 ? 9 : 1;
  const masked = (bytes[1]! & 0x80) !== 0;
  const headBytes = 1 + lengthBytes + (masked ? 4 : 0);
  if (bytes.length < headBytes) return undefined;
  const size = short === 126 ? view.getUint16(2) : short === 127 ? Number(view.getBigUint64(2)) : short;
  if (bytes.length < headBytes + size) return undefined;
  const payload = bytes.slice(headBytes, headBytes + size);
  if (masked) { for (let i = 0; i < size; i++) payload[i]! ^= bytes[headBytes - 4 + (i & 3)]!; }
  return {
    frame: {
      opcode: bytes[0]! & 15,
      fin: (bytes[0]! & 0x80) !== 0,
      rsv: (bytes[0]! >> 4) & 7,
      masked,
      payload,
    },
    length: headBytes + size,
  };
}
