import { assert, assertEquals } from "@std/assert";
import { defaultConfig } from "../../src/config/mod.ts";
import { newCounters } from "../../src/session/connection_counters.ts";
import { type LaneLimits, Lanes } from "../../src/session/lanes.ts";
import { kernelLimits } from "../../src/session/mod.ts";
import { GONE, RawSocket } from "../integration/raw_socket.ts";
import { needs, testWith } from "../support/needs.ts";
import { waitFor } from "../support/wait_for.ts";
import { BareSocket } from "./bare_socket.ts";

const LIMITS: LaneLimits = kernelLimits(defaultConfig());

const need = await needs({ net: "127.0.0.1" });

/** A socket whose client reads only what the test reads. */
function openSocket(): Promise<BareSocket<RawSocket>> {
  return BareSocket.open((port) => RawSocket.connect(port));
}

/** Text of the next message. */
async function read({ client }: BareSocket<RawSocket>): Promise<string> {
  const frame = await client.readFrame();
  assert(frame !== GONE);
  return new TextDecoder().decode(frame.payload);
}

testWith(
  need,
  "a real socket counts what waits in bytes of UTF-8, at once, and to 0 when it has gone",
  async () => {
    await using bare = await openSocket();
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
    await using bare = await openSocket();
    const counters = newCounters();
    const lanes = new Lanes(bare.socket, LIMITS, counters);
    const stream = lanes.addStream("drop_oldest", 2);
    const filler = "x".repeat(8000);
    let pushed = 0;
    // The kernel takes some MB first; the client is stuck once nothing has been taken over several turns.
    let taken = -1;
    await waitFor(() => {
      const now = counters.bytesSent - bare.socket.bufferedAmount;
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
    for (let text = await read(bare); text !== "control"; text = await read(bare)) {
      before++;
      lanes.flush();
    }
    const rest = pushed - stream.dropped - before;
    assert(rest >= waiting, `${rest} messages came after it, ${waiting} had waited`);
    for (let n = pushed - rest; n < pushed; n++) {
      lanes.flush();
      assertEquals(parseInt(await read(bare)), n);
    }
    await waitFor(() => lanes.pace(20_000) === "ok" && !lanes.hasWaiting, { what: "the lanes to drain" });
  },
);
