import { assert, assertEquals } from "@std/assert";
import { type LaneLimits, Lanes } from "../../src/session/lanes.ts";
import { GONE, RawSocket } from "../integration/raw_socket.ts";
import { needs, testWith } from "../support/needs.ts";
import { waitFor } from "../support/wait_for.ts";

const LIMITS: LaneLimits = {
  maxControlMessages: 256,
  maxControlBytes: 262_144,
  maxReliableMessages: 1000,
  maxReliableBytes: 1 << 20,
  ackRetryMs: 5000,
  maxAckRetries: 3,
  ackTimeoutMs: 30_000,
  maxStreamMessages: 1000,
  maxStreamBytes: 1 << 20,
  bulkWatermarkBytes: 65_536,
  writeTimeoutMs: 10_000,
  maxPendingSendsPerClient: 100,
  maxBufferedBytesPerClient: 1 << 20,
};

const need = await needs({ net: "127.0.0.1" });

/** A bare server of the runtime with one client that reads only what the test reads. */
class BareSocket implements AsyncDisposable {
  private constructor(
    readonly server: Deno.HttpServer<Deno.NetAddr>,
    readonly socket: WebSocket,
    readonly client: RawSocket,
  ) {}

  static async open(): Promise<BareSocket> {
    const opened = Promise.withResolvers<WebSocket>();
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
      const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
      socket.onopen = () => opened.resolve(socket);
      return response;
    });
    const client = await RawSocket.connect(server.addr.port);
    return new BareSocket(server, await opened.promise, client);
  }

  /** Text of the next message. */
  async read(): Promise<string> {
    const frame = await this.client.readFrame();
    assert(frame !== GONE);
    return new TextDecoder().decode(frame.payload);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.socket.onclose = resolve);
    this.client[Symbol.dispose]();
    await closed;
    await this.server.shutdown();
  }
}

testWith(
  need,
  "a real socket counts what waits in bytes of UTF-8, at once, and to 0 when it has gone",
  async () => {
    await using bare = await BareSocket.open();
    const { socket } = bare;
    socket.send("é".repeat(10));
    assertEquals(socket.bufferedAmount, 20);
    socket.send(new Uint8Array(1000));
    assertEquals(socket.bufferedAmount, 1020);
    await Promise.resolve();
    assertEquals(socket.bufferedAmount, 1020, "nothing is written within a turn");
    await waitFor(() => socket.bufferedAmount === 0, { what: "the socket to drain" });
  },
);

testWith(
  need,
  "a client that reads nothing stalls its lanes, and is told of control before all that waits",
  async () => {
    await using bare = await BareSocket.open();
    const lanes = new Lanes(bare.socket, LIMITS);
    const stream = lanes.addStream("drop_oldest", 2);
    const filler = "x".repeat(8000);
    let pushed = 0;
    // The kernel takes some MB first; the client is stuck once nothing has been taken over several turns.
    let taken = -1;
    await waitFor(() => {
      const now = lanes.handedBytes - bare.socket.bufferedAmount;
      const isStuck = now === taken && lanes.hasWaiting;
      taken = now;
      for (let i = 0; !isStuck && i < 100; i++) lanes.push(stream, `${pushed++} ${filler}`);
      return isStuck;
    }, { what: "the kernel's buffers to fill", intervalMs: 20 });
    const waiting = stream.length;
    assert(waiting > 0);
    assert(
      bare.socket.bufferedAmount < LIMITS.bulkWatermarkBytes + 2 * filler.length,
      "only the watermark is handed over",
    );
    assertEquals([lanes.pace(0), lanes.pace(9999), lanes.pace(10_000)], ["ok", "ok", "stalled"]);
    assertEquals(lanes.control("control"), "sent");

    let before = 0;
    for (let text = await bare.read(); text !== "control"; text = await bare.read()) {
      before++;
      lanes.flush();
    }
    const rest = pushed - stream.dropped - before;
    assert(rest >= waiting, `${rest} messages came after it, ${waiting} had waited`);
    for (let n = pushed - rest; n < pushed; n++) {
      lanes.flush();
      assertEquals(parseInt(await bare.read()), n);
    }
    await waitFor(() => lanes.pace(20_000) === "ok" && !lanes.hasWaiting, { what: "the lanes to drain" });
  },
);
