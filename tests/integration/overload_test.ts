import { assert, assertEquals } from "@std/assert";
import { MeasuredServer } from "../prove/measured_server.ts";
import { testWith } from "../support/needs.ts";
import { waitFor } from "../support/wait_for.ts";
import { closePayload, encodeFrame, OPCODE } from "./raw_frame.ts";
import { GONE, RawSocket } from "./raw_socket.ts";
import { RunningServer, serverNeeds } from "./running_server.ts";
import { SocketClient } from "./socket_client.ts";

const MIB = 2 ** 20;
/** A handshake as a client sends it, so that the answer to it can be seen. */
const UPGRADE = [
  "GET /ws/render HTTP/1.1",
  "Host: 127.0.0.1",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];

testWith(
  serverNeeds,
  "a running server whose memory is high turns newcomers away with 503 and a time, and keeps who is in",
  async () => {
    // No process of this runtime is as small as that.
    await using server = await RunningServer.start({
      "limits.maxMemoryBytes": 64 * MIB,
      "limits.pacedAcceptsPerSecond": 1,
    });
    const port = Number(new URL(server.url).port);
    await using inside = await SocketClient.connect(server.socketUrl);
    const refused = await waitFor(async () => {
      const answer = await handshake(port);
      return answer.startsWith("HTTP/1.1 503") && answer;
    }, { what: "a refusal" });
    assert(/^retry-after: [1-9]/im.test(refused), refused);
    assertEquals((await inside.register()).type, "REGISTERED");
    assert(server.app.status().session.refused["overloaded"]! > 0);
  },
);

testWith(
  serverNeeds,
  "a running server whose event loop lags turns newcomers away, and knows of the memory of its workers",
  async () => {
    await using server = await RunningServer.start({
      "limits.maxLoopLagMs": 50,
      "limits.pacedAcceptsPerSecond": 1,
    });
    const port = Number(new URL(server.url).port);
    await waitFor(async () => {
      standStill(300);
      return (await handshake(port)).startsWith("HTTP/1.1 503");
    }, { what: "a refusal" });
    assert(server.app.status().session.refused["overloaded"]! > 0);
    server.app.defaultWorld.apply({
      kind: "patch",
      cells: { positions: Uint32Array.of(500, 20, 500), colors: Uint32Array.of(0xff0000ff) },
    });
    const known = () => server.app.status().session.guard.knownBytes;
    await waitFor(() => known() > MIB, { what: "the heap of the Worker that has built it to be known" });
  },
);

testWith(
  serverNeeds,
  "a socket that never finishes a message is told 4011 over the wire and is gone, and who answers the guard stays",
  async () => {
    // In a process of its own: what other tests have left behind here would count as growth.
    await using server = await MeasuredServer.start("product", {
      "limits.maxUnexplainedBytes": 96 * MIB,
      "limits.maxLoopLagMs": 60_000,
    });
    const { port } = server;
    using honest = await RawSocket.connect(port);
    await honest.send({ opcode: OPCODE.TEXT, payload: '{"type":"INIT"}' });
    const types: string[] = [];
    const answering = answerHeartbeats(honest, types);
    using attacker = await RawSocket.connect(port);
    const payload = new Uint8Array(MIB);
    await attacker.send({ opcode: OPCODE.BINARY, payload, fin: false });
    const next = encodeFrame({ opcode: OPCODE.CONTINUATION, payload, fin: false });
    // Half as much again as is let pass: with twice as much there would be no time for a word.
    for (let mib = 1; mib < 144; mib++) await attacker.write(next);
    const farewell = await attacker.readFrame();
    assert(farewell !== GONE);
    assertEquals([farewell.opcode, farewell.payload], [OPCODE.CLOSE, closePayload(4011, "Memory is short")]);
    assertEquals(await attacker.readFrame(), GONE);
    assert(types.includes("HEARTBEAT"), "the guard has asked");
    await honest.send({ opcode: OPCODE.TEXT, payload: '{"type":"PING"}' });
    await waitFor(() => types.includes("PONG"), { what: "an answer to who stayed" });
    honest[Symbol.dispose]();
    await answering;
  },
);

/** Lets nothing else run for a while. */
function standStill(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}

/** Answers each HEARTBEAT with a PONG until the socket ends; `types` are those of the messages that come. */
async function answerHeartbeats(socket: RawSocket, types: string[]): Promise<void> {
  try {
    for (let frame = await socket.readFrame(); frame !== GONE; frame = await socket.readFrame()) {
      const { type } = JSON.parse(new TextDecoder().decode(frame.payload));
      types.push(type);
      if (type === "HEARTBEAT") await socket.send({ opcode: OPCODE.TEXT, payload: '{"type":"PONG"}' });
    }
  } catch (error) {
    // The test has hung up.
    if (!(error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted)) throw error;
  }
}

/** The head of the answer to one handshake. */
async function handshake(port: number): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(`${UPGRADE.join("\r\n")}\r\n\r\n`));
  const buffer = new Uint8Array(4096);
  const length = await connection.read(buffer) ?? 0;
  return new TextDecoder().decode(buffer.subarray(0, length));
}
