import { assertEquals } from "@std/assert";
import { closeWhenDrained } from "../../src/session/close_when_drained.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { FakeSocket } from "./kernel_fixture.ts";

/** An open socket in which so many bytes wait, and whose close is asked for. */
function closing(waitingBytes: number): { socket: FakeSocket; clock: ManualClock; gone: { is: boolean } } {
  const [socket, clock, gone] = [new FakeSocket().open(), new ManualClock(), { is: false }];
  socket.bufferedAmount = waitingBytes;
  closeWhenDrained(socket, clock, () => gone.is, () => socket.close(4003));
  return { socket, clock, gone };
}

Deno.test("the close frame goes at once if nothing waits before it, else when it has been taken", () => {
  assertEquals(closing(0).socket.closes.map(({ code }) => code), [4003]);
  const { socket, clock } = closing(100);
  clock.advance(20);
  assertEquals(socket.closes, []);
  socket.bufferedAmount = 0;
  clock.advance(5);
  assertEquals([socket.closes.length, clock.pending], [1, 0]);
});

Deno.test("the close frame waits 40 ms for a client that takes nothing, and no longer", () => {
  const { socket, clock } = closing(100);
  clock.advance(34);
  assertEquals(socket.closes, []);
  clock.advance(6);
  assertEquals([socket.closes.length, clock.pending], [1, 0]);
});

Deno.test("a socket that ends while the close frame waits is not closed again", () => {
  const ended = closing(100);
  ended.gone.is = true;
  const closed = closing(100);
  closed.socket.readyState = 3;
  for (const { socket, clock } of [ended, closed]) {
    clock.advance(100);
    assertEquals([socket.closes, clock.pending], [[], 0]);
  }
});
