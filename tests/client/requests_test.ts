import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ClientError } from "../../src/client/mod.ts";
import { type ErrorCode, errorMessage, VoxcastError } from "../../src/protocol/mod.ts";
import { FakeServer } from "./fake_server.ts";

const ASK = { question: 1 };

/** Refuses the last ASK. */
function refuse(server: FakeServer, code: ErrorCode, retryAfterMs?: number): void {
  const options = {
    ref: server.socket.last("ASK").id!,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
  server.socket.says(errorMessage(new VoxcastError(code, `${code} happened`, options), 0));
}

function numbers(server: FakeServer): unknown[] {
  return server.socket.received.filter(({ type }) => type === "NOTE").map(({ data }) => data.n);
}

Deno.test("each answer finds its question, in whatever order they come", async () => {
  const server = new FakeServer();
  await server.connect();
  const first = server.client.request("ASK", { n: 1 });
  const second = server.client.request("ASK", { n: 2 });
  const [one, two] = server.socket.received.slice(-2);
  server.socket.says(JSON.stringify({ type: "ANSWER", data: { ref: two!.id, of: 2 } }));
  server.socket.says(JSON.stringify({ type: "ANSWER", payload: { ref: one!.id, of: 1 } }));
  assertEquals([(await first).of, (await second).of], [1, 2]);
  server.client.close();
  assertEquals(server.clock.pending, 0);
});

Deno.test("an error answers its question with all that it says", async () => {
  const server = new FakeServer();
  await server.connect();
  const asked = server.client.request("ASK", ASK);
  refuse(server, "SUBSCRIPTION_LIMIT");
  const error = await assertRejects(() => asked, ClientError, "SUBSCRIPTION_LIMIT happened");
  assertEquals([error.number, error.category, error.retryable, error.ref], [30014, "limit", false, "2"]);
  assertEquals(server.errors, [], "it is told once");
  server.client.close();
});

Deno.test("a ping is timed by the client's own clock", async () => {
  const server = new FakeServer();
  await server.connect();
  const ping = server.client.ping();
  server.clock.advance(12);
  server.socket.answers("PING", "PONG");
  assertEquals(await ping, 12);
  server.client.close();
});

Deno.test("a question without an answer ends by itself, and one whose connection goes with it", async () => {
  const server = new FakeServer();
  await server.connect();
  const slow = assertRejects(
    () => server.client.request("ASK", ASK, { timeoutMs: 5000 }),
    ClientError,
    "in time",
  );
  await server.clock.advanceAsync(5000);
  assertEquals((await slow).code, "TIMEOUT");
  const lost = assertRejects(() => server.client.request("ASK", ASK), ClientError);
  server.socket.closes(1006);
  assertEquals((await lost).code, "CONNECTION_LOST");
  const closed = assertRejects(() => server.client.request("ASK", ASK), ClientError);
  server.client.close();
  assertEquals((await closed).code, "CLOSED");
  assertEquals(server.clock.pending, 0);
});

Deno.test("a question that may be asked again is, under the same id, and not more often than allowed", async () => {
  const server = new FakeServer();
  await server.connect();
  const asked = server.client.request("ASK", ASK, { timeoutMs: 60_000, retries: 2 });
  const { id } = server.socket.last("ASK");
  server.socket.closes(1006);
  await server.clock.advanceAsync(500);
  await server.greet();
  assertEquals(server.socket.last("ASK").id, id);
  refuse(server, "RATE_LIMITED", 3000);
  const before = server.socket.texts.length;
  await server.clock.advanceAsync(2999);
  assertEquals(server.socket.texts.length, before, "the server asked for 3 s");
  await server.clock.advanceAsync(1);
  assertEquals(server.socket.texts.length, before + 1);
  refuse(server, "BUSY");
  assertEquals((await assertRejects(() => asked, ClientError)).code, "BUSY");
  server.client.close();
});

Deno.test("an error that a retry cannot mend is not asked about again", async () => {
  const server = new FakeServer();
  await server.connect();
  const asked = server.client.request("ASK", ASK, { retries: 3 });
  refuse(server, "NOT_ALLOWED");
  assertEquals((await assertRejects(() => asked, ClientError)).code, "NOT_ALLOWED");
  server.client.close();
});

Deno.test("what is said offline waits in its order and goes out a little at a time, what came later behind it", async () => {
  const server = new FakeServer();
  for (let n = 0; n < 50; n++) server.client.send("NOTE", { n });
  await server.connect();
  assertEquals(numbers(server).length, 20);
  server.client.send("NOTE", { n: 50 });
  assertEquals(numbers(server).length, 20);
  server.clock.advance(250);
  assertEquals(numbers(server).length, 40);
  server.clock.advance(250);
  assertEquals(numbers(server), Array.from({ length: 51 }, (_, n) => n));
  server.client.send("NOTE", { n: 51 });
  assertEquals(numbers(server).at(-1), 51);
  server.client.close();
});

Deno.test("the queue is bounded in messages: the oldest goes, or the newest is refused", async () => {
  const oldest = new FakeServer({ maxQueuedMessages: 3 });
  for (let n = 0; n < 5; n++) oldest.client.send("NOTE", { n });
  assertEquals(oldest.errors.map(({ code }) => code), ["QUEUE_FULL", "QUEUE_FULL"]);
  await oldest.connect();
  assertEquals(numbers(oldest), [2, 3, 4]);
  oldest.client.close();

  const newest = new FakeServer({ maxQueuedMessages: 3, queueDrop: "newest" });
  for (let n = 0; n < 5; n++) newest.client.send("NOTE", { n });
  assertEquals(newest.errors.length, 2);
  await newest.connect();
  assertEquals(numbers(newest), [0, 1, 2]);
  newest.client.close();
});

Deno.test("the queue is bounded in UTF-8 bytes; what is larger than all of it pushes nothing out", async () => {
  const server = new FakeServer({ maxQueuedBytes: 200 });
  server.client.send("NOTE", { n: 0 });
  server.client.send("NOTE", { n: 1, text: "\u20ac".repeat(100) });
  assertEquals(server.errors.map(({ code }) => code), ["QUEUE_FULL"]);
  server.client.send("NOTE", { n: 2, text: "\u20ac".repeat(45) });
  assertEquals(server.errors.length, 2, "the first made room");
  await server.connect();
  assertEquals(numbers(server), [2]);
  server.client.close();
});

Deno.test("of messages with one key only the newest waits, and nothing waits longer than it is wanted", async () => {
  const server = new FakeServer();
  server.http = () => Promise.reject(new TypeError("nobody there"));
  server.client.connect().catch(() => {});
  for (let n = 0; n < 10; n++) server.client.send("NOTE", { n }, { key: "camera" });
  server.client.send("NOTE", { n: 10 }, { maxAgeMs: 1000 });
  server.client.send("NOTE", { n: 11 }, { key: "other", maxAgeMs: 60_000 });
  await server.settle();
  server.socket.closes(1006);
  await server.clock.advanceAsync(2000);
  await server.greet();
  assertEquals(numbers(server), [9, 11]);
  assertEquals(server.errors.map(({ message }) => message), ["It waited too long for a connection"]);
  server.client.close();
});

Deno.test("a question asked offline is answered once there is a connection", async () => {
  const server = new FakeServer();
  const asked = server.client.request("ASK", ASK);
  await server.connect();
  server.socket.answers("ASK", "ANSWER", { of: 1 });
  assertEquals((await asked).of, 1);
  const full = new FakeServer({ maxPendingRequests: 1 });
  full.client.request("ASK", ASK).catch(() => {});
  assertEquals((await assertRejects(() => full.client.request("ASK", ASK), ClientError)).code, "QUEUE_FULL");
  full.client.close();
  server.client.close();
});

Deno.test("what the server would refuse is not sent", async () => {
  const server = new FakeServer();
  server.greeting = { limits: { max_message_bytes: 300, max_json_depth: 4, max_json_values: 20 } };
  await server.connect();
  const before = server.socket.texts.length;
  const refused = (data: object, code: string) => {
    const error = assertThrows(
      () => server.client.send("NOTE", data as Record<string, unknown>),
      ClientError,
    );
    assertEquals(error.code, code, error.message);
  };
  refused({ position: { x: NaN } }, "INVALID_FIELD");
  refused({ at: [1, Infinity] }, "INVALID_FIELD");
  refused({ when: new Date(0) }, "INVALID_FIELD");
  refused({ run: () => 1 }, "INVALID_FIELD");
  refused({ text: "\u20ac".repeat(90) }, "MESSAGE_TOO_LARGE");
  refused({ a: { b: { c: { d: 1 } } } }, "JSON_TOO_COMPLEX");
  refused({ list: Array(20).fill(0) }, "JSON_TOO_COMPLEX");
  assertEquals(server.socket.texts.length, before);
  server.client.send("NOTE", { a: { b: 1 }, text: "\u20ac".repeat(60) });
  assertEquals(server.socket.texts.length, before + 1);
  server.client.close();
});
