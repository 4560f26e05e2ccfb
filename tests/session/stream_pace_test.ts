import { assert, assertEquals } from "@std/assert";
import { type FakeSocket, KernelFixture } from "./kernel_fixture.ts";

/** Clients with so many streams each, of which each asks for an update every 10 ms. */
function greedy(fixture: KernelFixture, clients: number, streams: number): FakeSocket[] {
  return Array.from({ length: clients }, () => {
    const socket = fixture.connect("stream_features");
    for (let i = 0; i < streams; i++) {
      socket.say({
        type: "SUBSCRIBE",
        stream_type: "stream_features",
        stream_id: `${i}`,
        params: { update_interval_ms: 10 },
      });
    }
    assertEquals(socket.of("SUBSCRIBE_SUCCESS").length, streams);
    return socket;
  });
}

/** Updates of each client. */
function updates(sockets: readonly FakeSocket[]): number[] {
  return sockets.map((socket) => socket.of("FEATURE_UPDATE").length);
}

/** How many timers are set in a time. */
function timersSet({ clock }: KernelFixture, ms: number): number {
  const set = clock.setTimeout.bind(clock);
  let count = 0;
  clock.setTimeout = (fn, delayMs) => {
    count++;
    return set(fn, delayMs);
  };
  clock.advance(ms);
  clock.setTimeout = set;
  return count;
}

Deno.test("all streams of the server together send so many updates a second, each client its share", async () => {
  using fixture = await KernelFixture.create({ "limits.serverStreamUpdatesPerSecond": 100 });
  const sockets = greedy(fixture, 5, 4);
  fixture.clock.advance(10_000);
  const each = updates(sockets);
  const all = each.reduce((sum, count) => sum + count, 0);
  assert(all >= 1000 && all <= 1101, `100 at once and 100 a second in 10 s, not ${all}`);
  for (const count of each) assert(count >= 150, `${each}`);
});

Deno.test("streams that ask for more than is granted wake up hardly more often than they send", async () => {
  for (
    const flags of [{ "limits.serverStreamUpdatesPerSecond": 100 }, { "limits.streamUpdatesPerSecond": 20 }]
  ) {
    using fixture = await KernelFixture.create(flags);
    const sockets = greedy(fixture, 5, 16);
    fixture.clock.advance(2000);
    const before = updates(sockets).reduce((sum, count) => sum + count, 0);
    const timers = timersSet(fixture, 10_000);
    const sent = updates(sockets).reduce((sum, count) => sum + count, 0) - before;
    assert(sent >= 950 && sent <= 1010, `${sent}`);
    assert(timers <= 2.2 * sent, `${timers} timers for ${sent} updates`);
  }
});

Deno.test("many streams of others take no more from a client with one than many clients do", async () => {
  using fixture = await KernelFixture.create({ "limits.serverStreamUpdatesPerSecond": 100 });
  greedy(fixture, 4, 16);
  const [modest] = greedy(fixture, 1, 1);
  fixture.clock.advance(10_000);
  const [count] = updates([modest!]);
  assert(count! >= 120, `a fifth of 1000 is its share, not ${count}`);
});

Deno.test("streams that have ended leave their share to the others", async () => {
  using fixture = await KernelFixture.create({ "limits.serverStreamUpdatesPerSecond": 50 });
  const [stays, ...others] = greedy(fixture, 5, 4);
  fixture.clock.advance(2000);
  others[0]!.hangUp();
  for (const socket of others.slice(1)) {
    for (let i = 0; i < 4; i++) socket.say({ type: "UNSUBSCRIBE", stream_id: `${i}` });
  }
  fixture.clock.advance(1000);
  const before = updates([stays!])[0]!;
  fixture.clock.advance(4000);
  const newer = stays!.of("FEATURE_UPDATE").slice(before);
  assert(newer.length >= 190 && newer.length <= 250, `50 a second in 4 s, not ${newer.length}`);
  const times = newer.filter(({ data }) => data.stream_id === "0").map(({ timestamp }) => timestamp);
  const longest = Math.max(...times.slice(1).map((time, i) => time - times[i]!));
  assert(
    longest < 250,
    `the share of one of twenty is an update every 400 ms, this is one of four: ${longest}`,
  );
});
