import { assert, assertEquals, assertThrows } from "@std/assert";
import { failureAnswer, Listener, type Listening } from "../../src/http/mod.ts";
import type { Logger } from "../../src/observe/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { commandPath, needs, testWith } from "../support/needs.ts";
import { problemOf } from "./server.ts";

const need = await needs({ run: "deno" }, { run: "bash" }, { net: "127.0.0.1" }, { read: "." });
const ENTRY = new URL("./full_listener.ts", import.meta.url);
const CONFIG = new URL("../../deno.json", import.meta.url);

/** Listens nowhere; fails when it is told to. */
class FakeListening implements Listening {
  readonly addr: Deno.NetAddr;
  readonly finished: Promise<void>;
  isShut = false;
  #end: { readonly resolve: () => void; readonly reject: (error: Error) => void };

  constructor(port: number) {
    this.addr = { transport: "tcp", hostname: "127.0.0.1", port };
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.finished = promise;
    this.#end = { resolve, reject };
  }

  fail(message: string): void {
    this.#end.reject(new Error(message));
  }

  shutdown(): Promise<void> {
    this.isShut = true;
    this.#end.resolve();
    return this.finished;
  }
}

function fixture() {
  const clock = new ManualClock();
  const errors: unknown[] = [];
  const asked: number[] = [];
  const made: FakeListening[] = [];
  const ways = { next: undefined as Error | undefined };
  const nothing = (): void => {};
  const error = (event: string, fields = {}): void => void errors.push({ event, ...fields });
  const logger: Logger = { debug: nothing, info: nothing, warn: nothing, error };
  const serve = (port: number): Listening => {
    asked.push(port);
    if (ways.next !== undefined) throw ways.next;
    const listening = new FakeListening(port === 0 ? 4711 : port);
    made.push(listening);
    return listening;
  };
  const listen = (): Listener => new Listener({ serve, port: 0, clock, logger });
  return { clock, logger, errors, asked, made, ways, listen };
}

Deno.test("a listener that fails is told of, and listens again at the same port after a pause, as often as it takes", async () => {
  const { clock, errors, asked, made, ways, listen } = fixture();
  const listener = listen();
  made[0]!.fail("Too many open files");
  await clock.advanceAsync(499);
  const failed = { event: "http.listener_failed", againInMs: 500 };
  assertEquals([asked, errors], [[0], [{ ...failed, error: "Error: Too many open files" }]]);
  assertEquals(listener.addr.port, 4711);
  ways.next = new Error("in use");
  await clock.advanceAsync(1001);
  assertEquals(asked, [0, 4711, 4711, 4711]);
  ways.next = undefined;
  await clock.advanceAsync(500);
  assertEquals([asked.length, made.length, clock.pending], [5, 2, 0]);
  made[1]!.fail("again");
  await clock.advanceAsync(500);
  assertEquals([made.length, errors.length], [3, 5]);
  await listener.shutdown();
});

Deno.test("a listener that is shut stays shut, also in a pause, and tells of no failure", async () => {
  for (const isPausing of [false, true]) {
    const { clock, errors, asked, made, listen } = fixture();
    const listener = listen();
    if (isPausing) made[0]!.fail("full");
    await clock.advanceAsync(0);
    const before = errors.length;
    await listener.shutdown();
    await listener.shutdown();
    await clock.advanceAsync(60_000);
    assertEquals([asked, clock.pending, errors.length - before], [[0], 0, 0]);
    assertEquals(made[0]!.isShut, !isPausing);
  }
});

Deno.test("what keeps a listener from beginning is thrown", () => {
  const { clock, ways, listen } = fixture();
  ways.next = new Deno.errors.AddrInUse("taken");
  assertThrows(listen, Deno.errors.AddrInUse);
  assertEquals(clock.pending, 0);
});

Deno.test("a handler that throws is answered without a word of it, and logged without the address", async () => {
  const { errors, logger } = fixture();
  const answer = failureAnswer(logger);
  const url = "http://a b/ws/render?ticket=secret";
  const thrown = new TypeError(`Invalid URL: '${url}'\nat "${url}"`);
  const response = answer(thrown);
  assertEquals(response.status, 500);
  const problem = await problemOf(response, "INTERNAL");
  const [line] = errors as { requestId: string; name: string; places: string[] }[];
  assertEquals([line?.requestId, line?.name], [String(problem["request_id"]), "TypeError"]);
  assert(line!.places.some((place) => place.includes("listener_test.ts")));
  assertEquals(answer("a text").status, 500);
  assert(!JSON.stringify([errors, problem]).includes("secret"));
});

testWith(
  need,
  "at the limit of open files a server pauses, keeps its sockets, and goes on when there is room",
  async () => {
    const script = `ulimit -n 64; exec "$0" run -A --quiet --config "$1" "$2"`;
    const args = ["-c", script, Deno.execPath(), CONFIG.pathname, ENTRY.pathname];
    await using child = new Deno.Command(await commandPath("bash"), {
      args,
      stdout: "piped",
      stderr: "null",
      stdin: "null",
    })
      .spawn();
    const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const port = Number((await lines.read()).value);
    const url = `http://127.0.0.1:${port}/`;
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
    await new Promise((resolve) => socket.onopen = resolve);
    const connections: Deno.TcpConn[] = [];
    try {
      let line: string | undefined;
      const failed = lines.read().then(({ value }) => line = value ?? "");
      // More than it has room for; those that it does not take in are refused.
      for (let i = 0; i < 200 && line === undefined; i++) {
        const connection = await Deno.connect({ hostname: "127.0.0.1", port }).catch(() => undefined);
        if (connection !== undefined) connections.push(connection);
      }
      await failed;
      assertEquals(line, "http.listener_failed\n");
      const echo = new Promise((resolve) => socket.onmessage = ({ data }) => resolve(data));
      socket.send("still here");
      assertEquals(await echo, "still here");
    } finally {
      for (const connection of connections) connection.close();
    }
    let status: number | undefined;
    const endMs = performance.now() + 20_000;
    while (status === undefined && performance.now() < endMs) {
      const response = await fetch(url).catch(() => undefined);
      status = response?.status;
      await response?.body?.cancel();
    }
    assertEquals(status, 200);
    const closed = new Promise((resolve) => socket.onclose = resolve);
    socket.close();
    await closed;
    await lines.cancel();
  },
);
