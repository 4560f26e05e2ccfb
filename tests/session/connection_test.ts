import { assert, assertEquals } from "@std/assert";
import { CLOSE_CODES } from "../../src/protocol/mod.ts";
import { Connection, ConnectionRegistry, type Transport } from "../../src/session/mod.ts";

/** A socket whose buffer a test fills and drains by hand. */
class FakeTransport implements Transport {
  readyState = 1;
  bufferedAmount = 0;
  readonly sent: (string | Uint8Array)[] = [];
  readonly closed: [number, string][] = [];
  send(data: string | Uint8Array): void {
    if (this.readyState !== 1) throw new Error("not open");
    this.sent.push(data);
    this.bufferedAmount += data.length;
  }
  close(code: number, reason: string): void {
    this.closed.push([code, reason]);
    this.readyState = 2;
  }
}

function connect(): { connection: Connection; transport: FakeTransport } {
  const transport = new FakeTransport();
  const connection = new Connection({ id: "c", remoteAddress: "127.0.0.1", acceptedAtMs: 0, transport });
  return { connection, transport };
}

Deno.test("a frame is pending until all of its bytes have left", () => {
  const { connection, transport } = connect();
  for (const size of [100, 50, 30]) assert(connection.sendFrame(new Uint8Array(size)));
  assertEquals(connection.pendingFrames, 3);
  transport.bufferedAmount = 81;
  assertEquals(connection.pendingFrames, 3, "one byte of the first frame is still here");
  transport.bufferedAmount = 80;
  assertEquals(connection.pendingFrames, 2);
  transport.bufferedAmount = 30;
  assertEquals(connection.pendingFrames, 1);
  transport.bufferedAmount = 0;
  assertEquals(connection.pendingFrames, 0);
});

Deno.test("closing twice closes once, and a closed connection takes nothing more", () => {
  const { connection, transport } = connect();
  connection.close(CLOSE_CODES.SHUTDOWN.code);
  connection.close(CLOSE_CODES.WORLD_GONE.code);
  connection.sendText("late");
  assertEquals(connection.sendFrame(new Uint8Array(1)), false);
  assertEquals(transport.closed, [[1001, "Server shutdown"]]);
  assertEquals(transport.sent, []);
});

Deno.test("a socket that fails to send is reported, not thrown", () => {
  const { connection, transport } = connect();
  transport.send = () => {
    throw new Error("broken pipe");
  };
  assertEquals(connection.sendFrame(new Uint8Array(1)), false);
  assertEquals(connection.counters.framesSent, 0);
});

Deno.test("a full registry refuses, and what ended stays in the totals", () => {
  const registry = new ConnectionRegistry(2);
  const [a, b, c] = [connect().connection, connect().connection, connect().connection];
  assertEquals([registry.add(a), registry.add(b), registry.add(c)], [true, true, false]);
  a.sendFrame(new Uint8Array(10));
  b.sendFrame(new Uint8Array(5));
  registry.remove(a);
  registry.remove(a);
  assertEquals(registry.add(c), true);
  const totals = registry.totals();
  assertEquals([registry.size, totals.accepted, totals.refused], [2, 3, 1]);
  assertEquals([totals.framesSent, totals.bytesSent, totals.bufferedBytes], [2, 15, 5]);
});
