import { assertEquals } from "@std/assert";
import { PutOff } from "../../src/cli/load/put_off.ts";
import type { LoadClient } from "../../src/cli/load/workload.ts";
import { ServerError } from "../../src/cli/server_client.ts";
import { ManualClock } from "../support/manual_clock.ts";

const client = (): LoadClient => ({
  path: "render",
  onOpen() {},
  onText() {},
  onBinary() {},
  tick() {},
  onClose() {},
});

function setUp(why: ServerError | undefined) {
  const clock = new ManualClock();
  const asked = { times: 0, why };
  const putOff = new PutOff({
    clock,
    explain: () => {
      asked.times++;
      return Promise.resolve(asked.why);
    },
  });
  return { clock, asked, putOff };
}

const OVERLOADED = new ServerError("come again later", { code: "OVERLOADED", retryAfterMs: 2000 });

Deno.test("whoever is told to come again later does so after the time told, as often as it is told", async () => {
  const { clock, putOff } = setUp(OVERLOADED);
  const first = client();
  for (let i = 1; i <= 20; i++) {
    assertEquals(await putOff.takes(first), true);
    clock.advance(1999);
    assertEquals(putOff.takeDue(clock.monotonic()), []);
    clock.advance(1);
    assertEquals(putOff.takeDue(clock.monotonic()), [first]);
    assertEquals(putOff.count, i);
  }
  assertEquals([putOff.takeDue(Infinity), putOff.giveUp()], [[], 0]);
});

Deno.test("what is refused for another reason does not come again", async () => {
  const { putOff } = setUp(new ServerError("full", { code: "SERVER_FULL", retryAfterMs: 1000 }));
  assertEquals([await putOff.takes(client()), putOff.count, putOff.giveUp()], [false, 0, 0]);
});

Deno.test("a socket that does not open though nothing stands against it is tried three times more", async () => {
  const { putOff } = setUp(undefined);
  const first = client();
  for (const takes of [true, true, true, false]) {
    assertEquals(await putOff.takes(first), takes);
    assertEquals(putOff.takeDue(Infinity), takes ? [first] : []);
  }
  assertEquals(await putOff.takes(client()), true);
  assertEquals([putOff.count, putOff.giveUp()], [4, 1]);
});

Deno.test("the server is asked once for all sockets that do not open at a time", async () => {
  const { clock, asked, putOff } = setUp(OVERLOADED);
  await Promise.all(Array.from({ length: 50 }, () => putOff.takes(client())));
  assertEquals([asked.times, putOff.count], [1, 50]);
  clock.advance(300);
  await putOff.takes(client());
  assertEquals([asked.times, putOff.takeDue(clock.monotonic() + 2000).length], [2, 51]);
});
