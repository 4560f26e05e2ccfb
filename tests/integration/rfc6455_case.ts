import { assert, assertEquals } from "@std/assert";
import { testWith } from "../support/needs.ts";
import { encodeFrame, type FrameFields, OPCODE, type RawFrame } from "./raw_frame.ts";
import { GONE, RawSocket } from "./raw_socket.ts";
import { RunningServer, serverNeeds } from "./running_server.ts";

/**
 * What must come of what was written:
 * - a list: these answers, in this order, and then the connection still works
 * - `failed`: perhaps the answers before, a close frame with 1002 or 1007 or none at all, and the end of the connection
 * - `closed`: one close frame with this code (undefined: an empty one), and the end
 */
export type Outcome =
  | readonly Answer[]
  | { readonly failed: true; readonly answers?: readonly Answer[] }
  | { readonly closed: number | undefined; readonly answers?: readonly Answer[] };

/** `pong` is a frame; `reply` is the server's PONG to a message with this `ping_id`; `error` an ERROR with this code. */
export type Answer =
  | { readonly pong: string | Uint8Array }
  | { readonly reply: string }
  | { readonly error: string };

/** One rule of RFC 6455, seen from outside. */
export interface WireCase {
  readonly name: string;
  /** Number of the case of Autobahn's suite that this one stands for. */
  readonly autobahn?: string;
  readonly write: readonly FrameFields[];
  /** Bytes in each write, or a write for each frame; by itself all in one. */
  readonly pieceBytes?: number | "frame";
  readonly expect: Outcome;
}

export const FAILED: Outcome = { failed: true };

/** No limit of ours is in the way of the rules. */
export const WIDE_LIMITS = {
  "limits.messagesPerSecond": 1_000_000,
  "limits.serverMessagesPerSecond": 1_000_000,
  "limits.connects": 1_000_000,
  "streaming.maxMessageSizeBytes": 16 * 2 ** 20,
};

const text = new TextDecoder();

/** Text that the server answers with a PONG that repeats `id`; spaces make it `bytes` long. */
export function pingText(id: string, bytes = 0): string {
  const json = JSON.stringify({ type: "PING", data: { ping_id: id } });
  return json + " ".repeat(Math.max(0, bytes - new TextEncoder().encode(json).length));
}

/** Registers a test that tries each case on a connection of its own, over one running server. */
export function wireTest(
  name: string,
  cases: readonly WireCase[],
  flags: Record<string, unknown> = {},
): void {
  testWith(serverNeeds, name, async (context) => {
    await using server = await RunningServer.start({ ...WIDE_LIMITS, ...flags });
    for (const wireCase of cases) {
      const numbers = wireCase.autobahn === undefined ? "" : ` (Autobahn ${wireCase.autobahn})`;
      await context.step(`${wireCase.name}${numbers}`, async () => {
        using socket = await RawSocket.connect(portOf(server));
        await runCase(socket, wireCase);
      });
    }
    using after = await RawSocket.connect(portOf(server));
    await assertAlive(after);
  });
}

/** The port of a running server. */
export function portOf(server: RunningServer): number {
  return Number(new URL(server.url).port);
}

/** Writes and compares what comes. */
export async function runCase(socket: RawSocket, { write, pieceBytes, expect }: WireCase): Promise<void> {
  const writing = pieceBytes === "frame"
    ? sendEach(socket, write)
    : socket.sendChopped(pieceBytes ?? Infinity, ...write);
  // A server that fails the connection may do so before everything has been written.
  const isWritten = writing.then(() => true, () => false);
  if (Array.isArray(expect)) {
    await assertAnswers(socket, expect);
    assert(await isWritten, "the connection broke while it was written to");
    return await assertAlive(socket);
  }
  const outcome = expect as Exclude<Outcome, readonly Answer[]>;
  await assertAnswers(socket, outcome.answers ?? []);
  const rest = await socket.readToEnd();
  await isWritten;
  if ("closed" in outcome) {
    assertEquals(rest.map(({ opcode }) => opcode), [OPCODE.CLOSE]);
    assertEquals(closeCode(rest[0]!), outcome.closed);
    return;
  }
  assert(rest.length <= 1, `${rest.length} frames came after the fault`);
  if (rest.length === 1) {
    assertEquals(rest[0]!.opcode, OPCODE.CLOSE);
    assert([1002, 1007].includes(closeCode(rest[0]!)!), `closed with ${closeCode(rest[0]!)}`);
  }
}

async function sendEach(socket: RawSocket, frames: readonly FrameFields[]): Promise<void> {
  for (const frame of frames) await socket.send(frame);
}

/** Asks for a PONG and gets it as the very next frame, so nothing else was on its way. */
export async function assertAlive(socket: RawSocket): Promise<void> {
  await socket.send({ opcode: OPCODE.TEXT, payload: pingText("still there") });
  await assertAnswers(socket, [{ reply: "still there" }]);
}

/** The code of a close frame; undefined if it has none. */
export function closeCode({ payload }: RawFrame): number | undefined {
  return payload.length < 2 ? undefined : (payload[0]! << 8) | payload[1]!;
}

async function assertAnswers(socket: RawSocket, answers: readonly Answer[]): Promise<void> {
  for (const answer of answers) {
    const frame = await socket.readFrame();
    assert(frame !== GONE, `the connection ended instead of ${JSON.stringify(answer)}`);
    assertEquals([frame.fin, frame.rsv, frame.masked], [true, 0, false], "a server's frame is plain");
    if ("pong" in answer) {
      assertEquals(frame.opcode, OPCODE.PONG);
      const payload = encodeFrame({ opcode: 0, payload: answer.pong, masked: false }).slice(2);
      assertEquals(frame.payload, payload);
      continue;
    }
    assertEquals(frame.opcode, OPCODE.TEXT);
    const { type, data } = JSON.parse(text.decode(frame.payload));
    if ("reply" in answer) assertEquals([type, data.ping_id], ["PONG", answer.reply]);
    else assertEquals([type, data.code], ["ERROR", answer.error]);
  }
}
