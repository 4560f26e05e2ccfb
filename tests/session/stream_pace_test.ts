import { assert, assertEquals } from "@std/assert";
import { ANONYMOUS, type Principal } from "../../src/security/mod.ts";
import { type FakeSocket, KernelFixture } from "./kernel_fixture.ts";

/** Clients with so many streams each, of which each asks for an update every 10 ms; all with one key, if one is named. */
function greedy(fixture: KernelFixture, clients: number, streams: number, key?: string): FakeSocket[] {
  const principal: Principal = key === undefined
    ? ANONYMOUS
    : { id: `key:${key}`, method: "api-key", role: "viewer", worlds: "all" };
  return Array.from({ length: clients }, () => {
    const socket = fixture.connect("stream_features", { principal });
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
  // Where the server's rate holds them, streams that began together stay together, 800 ms apart: so 15 times that.
  const cases = [
    [{ "limits.serverStreamUpdatesPerSecond": 100 }, 12_000],
    [{ "limits.streamUpdatesPerSecond": 20 }, 10_000],
  ] as const;
  for (const [flags, ms] of cases) {
    using fixture = await KernelFixture.create(flags);
    const sockets = greedy(fixture, 5, 16);
    fixture.clock.advance(2000);
    const before = updates(sockets).reduce((sum, count) => sum + count, 0);
    const timers = timersSet(fixture, ms);
    const sent = updates(sockets).reduce((sum, count) => sum + count, 0) - before;
    const granted = ms / 10;
    assert(sent >= 0.95 * granted && sent <= 1.01 * granted, `${sent} of ${granted}`);
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

Deno.test("a key with many connections has one share of what the server sends, as a key with one has", async () => {
  using fixture = await KernelFixture.create({ "limits.serverStreamUpdatesPerSecond": 100 });
  const many = greedy(fixture, 16, 4, "many");
  const one = greedy(fixture, 1, 4, "one");
  fixture.clock.advance(2000);
  const before = [many, one].map((sockets) => updates(sockets).reduce((sum, count) => sum + count, 0));
  fixture.clock.advance(20_000);
  const after = [many, one].map((sockets) => updates(sockets).reduce((sum, count) => sum + count, 0));
  const [ofMany, ofOne] = after.map((count, i) => count - before[i]!) as [number, number];
  assert(ofMany + ofOne >= 1900 && ofMany + ofOne <= 2020, `${ofMany} and ${ofOne}`);
  assert(ofOne >= 900 && ofMany >= 900, `half of 2000 each, not ${ofMany} and ${ofOne}`);
  for (const count of updates(many)) assert(count >= 40, "its connections have equal parts of its share");
  for (const socket of [...many, ...one]) socket.hangUp();
  assertEquals(fixture.kernel.entryCount, 0);
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
