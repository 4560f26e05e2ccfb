import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { ClientError, type Credential, type CredentialSource, VoxcastClient } from "../../src/client/mod.ts";
import { authFields, tokenExpiryMs } from "../../src/client/credential.ts";
import { parseClientMessage } from "../../src/protocol/mod.ts";
import { waitFor } from "../support/wait_for.ts";
import { FakeServer, problem } from "./fake_server.ts";

const KEY = "open-sesame-0123456789";
const SERVER_ENDS = { principal: "user:alice", role: "viewer", worlds: ["garden"] };

/** A token that ends at a time, with a signature that nobody looks at here. */
function tokenUntil(expiresAtMs: number): string {
  return `e30.${btoa(JSON.stringify({ exp: Math.floor(expiresAtMs / 1000) })).replaceAll("=", "")}.c2ln`;
}

/** A client whose server gives tickets. */
function ticketServer(credential: CredentialSource): FakeServer {
  const server = new FakeServer({ credential, heartbeatIntervalMs: 1e9 });
  let tickets = 0;
  server.http = () => Promise.resolve(Response.json({ ticket: `t${++tickets}`, expires_at_ms: 0 }));
  return server;
}

function answerAuth(server: FakeServer, expiresInMs: number | null): void {
  const nowMs = server.clock.now();
  server.socket.answers("AUTH", "AUTH_SUCCESS", {
    ...SERVER_ENDS,
    expires_at_ms: expiresInMs === null ? null : nowMs + expiresInMs,
    server_time_ms: nowMs,
  });
}

Deno.test("a key buys a ticket over HTTP for each connection, and is nowhere in addresses or subprotocols", async () => {
  const server = ticketServer({ apiKey: KEY });
  await server.connect();
  assertEquals(server.requests, [`POST /api/tickets Bearer ${KEY}`]);
  assertEquals(server.socket.protocols, ["voxcast", "voxcast.ticket.t1"]);
  assertEquals(server.socket.types, ["INIT"]);
  server.socket.closes(1006);
  await server.clock.advanceAsync(500);
  assertEquals(server.socket.protocols, ["voxcast", "voxcast.ticket.t2"]);
  for (const { url, protocols, texts } of server.sockets) {
    assert(![url, ...protocols, ...texts].some((text) => text.includes(KEY)));
  }
  server.client.close();
});

Deno.test("a wrong key ends in one question, a lock-out in a wait of its length", async () => {
  const server = new FakeServer({ credential: { apiKey: "wrong-key" } });
  server.http = () => Promise.resolve(problem(401, "UNAUTHORIZED"));
  await assertRejects(() => server.client.connect(), ClientError, "UNAUTHORIZED happened");
  assertEquals([server.sockets.length, server.requests.length, server.status.state], [0, 1, "failed"]);
  server.http = () => Promise.resolve(problem(429, "LOCKED_OUT", { retry_after_ms: 60_000 }));
  server.client.connect().catch(() => {});
  await server.settle();
  assertEquals([server.status.state, server.status.error?.code], ["reconnecting", "LOCKED_OUT"]);
  assertEquals(server.status.retryAtMs, server.clock.now() + 60_500);
  server.client.close();
  assertEquals(server.clock.pending, 0);
});

Deno.test("an answer that comes after its attempt was given up changes nothing", async () => {
  const server = new FakeServer({ credential: { apiKey: KEY } });
  const answers: ((response: Response) => void)[] = [];
  server.http = () => new Promise((resolve) => answers.push(resolve));
  server.client.connect().catch(() => {});
  await server.settle();
  server.client.close();
  answers[0]!(problem(401, "UNAUTHORIZED"));
  await server.settle();
  assertEquals(server.status.state, "disconnected");
  server.client.connect().catch(() => {});
  await server.settle();
  server.client.connect().catch(() => {});
  await server.settle();
  answers[1]!(problem(401, "UNAUTHORIZED"));
  answers[2]!(Response.json({ ticket: "t3" }));
  await server.settle();
  assertEquals([server.status.step, server.socket.protocols[1]], ["opening", "voxcast.ticket.t3"]);
  server.client.close();
});

Deno.test("in-band, AUTH follows INIT on each profile but render, and its refusal fails the client", async () => {
  const server = new FakeServer({ profile: "stream_features", credential: { apiKey: KEY } });
  server.greeting = { authenticated: false, auth_required: true, session: null, session_token: undefined };
  const connecting = server.client.connect();
  await server.settle();
  assertEquals([server.requests, server.socket.protocols], [[], []]);
  await server.greet();
  assertEquals(server.socket.types, ["INIT", "AUTH"]);
  assertEquals(server.socket.last("AUTH").data, { api_key: KEY });
  server.socket.answers("AUTH", "AUTH_FAILED", {
    code: "UNAUTHORIZED",
    number: 20001,
    message: "The key is wrong",
    attempts_left: 2,
  });
  const error = await assertRejects(() => connecting, ClientError, "The key is wrong");
  assertEquals(
    [error.category, error.retryable],
    ["auth", false],
    "from the catalogue, as the message lacks them",
  );
  assertEquals(server.status.state, "failed");
});

Deno.test("a server that asks for a credential where none is set is not tried again", async () => {
  const server = new FakeServer({ profile: "heartbeat" });
  server.greeting = { authenticated: false, auth_required: true };
  const connecting = server.client.connect();
  await server.settle();
  await server.greet();
  assertEquals((await assertRejects(() => connecting, ClientError)).code, "AUTH_REQUIRED");
  assertEquals(server.status.state, "failed");
});

Deno.test("the session token that AUTH brings is shown at the next connection", async () => {
  const server = new FakeServer({ profile: "heartbeat", credential: { apiKey: KEY } });
  server.greeting = { authenticated: false, auth_required: true, session: null, session_token: undefined };
  await server.connect();
  server.socket.answers("AUTH", "AUTH_SUCCESS", {
    ...SERVER_ENDS,
    expires_at_ms: null,
    session_token: "resume-me",
  });
  await server.settle();
  assertEquals(server.status.state, "connected");
  server.socket.closes(1001);
  await server.clock.advanceAsync(500);
  server.socket.opens();
  await server.settle();
  assertEquals(server.socket.last("INIT").data.session_token, "resume-me");
  server.client.close();
});

Deno.test("a token is renewed in-band before it ends, as often as it takes", async () => {
  let given = 0;
  const server = new FakeServer({ profile: "heartbeat", credential: () => ({ token: `token-${++given}` }) });
  server.greeting = { authenticated: false, auth_required: true };
  await server.connect();
  answerAuth(server, 600_000);
  await server.settle();
  for (let renewal = 2; renewal <= 4; renewal++) {
    for (let part = 0; part < 18; part++) {
      await server.clock.advanceAsync(29_999);
      server.socket.says("pong");
    }
    assertEquals(server.socket.last("AUTH").data.auth_token, `token-${renewal - 1}`);
    await server.clock.advanceAsync(18);
    assertEquals(server.socket.last("AUTH").data.auth_token, `token-${renewal}`);
    answerAuth(server, 600_000);
    await server.settle();
  }
  assertEquals([server.sockets.length, server.status.state], [1, "connected"]);
  server.client.close();
  assertEquals(server.clock.pending, 0);
});

Deno.test("a renewal that fails is reported and tried again before the end", async () => {
  let given = 0;
  const server = new FakeServer({
    profile: "heartbeat",
    heartbeatIntervalMs: 1e9,
    credential: () => {
      if (++given === 2) throw new Error("the issuer is away");
      return { token: `token-${given}` };
    },
  });
  await server.connect();
  answerAuth(server, 100_000);
  await server.settle();
  await server.clock.advanceAsync(80_000);
  assertEquals([given, server.errors.length], [2, 1]);
  await server.clock.advanceAsync(10_000);
  assertEquals(server.socket.last("AUTH").data.auth_token, "token-3");
  answerAuth(server, null);
  await server.clock.advanceAsync(1_000_000);
  assertEquals(given, 3, "a credential without an end is not renewed");
  server.client.close();
});

Deno.test("a token that bought a ticket is renewed by its own account, on the server's clock", async () => {
  let given = 0;
  const clockErrorMs = 7 * 3_600_000;
  const server = ticketServer(() => {
    given++;
    return { token: tokenUntil(server.clock.now() + clockErrorMs + 100_000) };
  });
  server.greeting = { server_time_ms: server.clock.now() + clockErrorMs };
  await server.connect();
  assertEquals([given, server.socket.types], [1, ["INIT"]]);
  await server.clock.advanceAsync(79_000);
  assertEquals(given, 1);
  await server.clock.advanceAsync(2000);
  assertEquals(given, 2);
  assertEquals(server.socket.types.at(-1), "AUTH");
  server.client.close();
});

Deno.test("a fixed credential is never renewed: there is no other to show", async () => {
  const server = ticketServer({ token: tokenUntil(Date.UTC(2026, 0, 1) + 60_000) });
  await server.connect();
  await server.clock.advanceAsync(58_000);
  assertEquals(server.socket.types.includes("AUTH"), false);
  server.client.close();
});

Deno.test("every credential is one that the server reads, and signatures are what the seed's Python makes", async () => {
  const facts = { timestampMs: 1_700_000_000_123.9, nonce: "abcdef-0123" };
  const read = async (credential: Credential) => {
    const data = await authFields(credential, facts);
    const message = parseClientMessage(JSON.stringify({ type: "AUTH", data }));
    assert(message.type === "AUTH");
    return message.credential;
  };
  assertEquals(await read({ apiKey: KEY }), { kind: "api-key", apiKey: KEY });
  assertEquals(await read({ token: "a.b.c" }), { kind: "token", token: "a.b.c" });
  assertEquals(await read({ ticket: "t1" }), { kind: "ticket", ticket: "t1" });
  // hmac.new(b"open-sesame-0123456789", b"1700000000123", "sha256").hexdigest()
  assertEquals(await read({ apiKey: KEY, sign: true }), {
    kind: "api-key",
    apiKey: KEY,
    timestampMs: 1_700_000_000_123,
    signature: "f7c630194631770f3ccbcd0885faa97d987d3c7ab7da9a47f8c933c3dc8a8f35",
  });
  // hmac.new(b"a secret", b"backup.1700000000123.abcdef-0123", "sha256").hexdigest()
  assertEquals(await read({ keyId: "backup", secret: "a secret" }), {
    kind: "signed",
    keyId: "backup",
    timestampMs: 1_700_000_000_123,
    nonce: "abcdef-0123",
    signature: "194f8f16898c770967f600bd83f4fe7646a60df6bfcdf07fd257c6158063311e",
  });
});

Deno.test("a key that is never sent signs the ticket's request: the time as known, a new number each time", async () => {
  const server = ticketServer({ keyId: "backup", secret: "s" });
  const serverTimeMs = 5_000_000_000_000;
  server.greeting = { server_time_ms: serverTimeMs };
  let dice = 0;
  server.dice = () => (dice += 0.0123) % 1;
  server.client.connect().catch(() => {});
  await waitFor(() => server.sockets.length === 1, { what: "the ticket" });
  await server.greet();
  server.socket.closes(1006);
  await server.clock.advanceAsync(1000);
  await waitFor(() => server.sockets.length === 2, { what: "the second ticket" });
  const shown = server.requests.map((request) => {
    const [, timestamp, nonce] = /^POST \/api\/tickets Voxcast backup\.(\d+)\.([\w-]+)\.[0-9a-f]{64}$/.exec(
      request,
    )!;
    assertMatch(nonce!, /^[A-Za-z0-9_-]{8,128}$/);
    return { timestamp: Number(timestamp), nonce };
  });
  assertEquals(shown[0]!.timestamp, Date.UTC(2026, 0, 1), "its own clock at first");
  assert(
    shown[1]!.timestamp >= serverTimeMs && shown[1]!.timestamp <= serverTimeMs + 1000,
    "then the server's",
  );
  assert(shown[0]!.nonce !== shown[1]!.nonce);
  server.client.close();
});

Deno.test("a key that is sent with a signature goes by message on any profile, with the server's time", async () => {
  const server = new FakeServer({ credential: { apiKey: KEY, sign: true } });
  server.greeting = { server_time_ms: 5_000_000_000_000 };
  await server.connect();
  await waitFor(() => server.socket.types.includes("AUTH"), { what: "the signature" });
  const { timestamp, api_key: key } = server.socket.last("AUTH").data;
  assertEquals([timestamp, key, server.requests], [5_000_000_000_000, KEY, []]);
  server.client.close();
});

/** A client with a credential, whose first socket did not open, and what was then asked over HTTP. */
async function refusedServer(
  options: ConstructorParameters<typeof FakeServer>[0],
  answer: Response,
): Promise<{ server: FakeServer; questions: string[] }> {
  const server = new FakeServer(options);
  server.http = (path) => Promise.resolve(path === "/api/tickets" ? Response.json({ ticket: "t1" }) : answer);
  server.client.connect().catch(() => {});
  await waitFor(() => server.sockets.length === 1, { what: "the socket" });
  server.socket.closes(1006);
  const { length } = server.statuses;
  await waitFor(() => server.statuses.length > length, { what: "the verdict" });
  return { server, questions: server.requests.filter((request) => request.startsWith("GET")) };
}

Deno.test("the question why a socket did not open shows the credential, if a header can", async () => {
  for (
    const [credential, shown] of [
      [{ apiKey: KEY }, / Bearer open-sesame-0123456789$/],
      [{ token: "a.b.c" }, / Bearer a\.b\.c$/],
      [{ keyId: "backup", secret: "s" }, / Voxcast backup\.\d+\.[\w-]+\.[0-9a-f]{64}$/],
      [{ apiKey: KEY, sign: true }, /heartbeat$/],
      [() => ({ ticket: "t1" }), /heartbeat$/],
    ] as [CredentialSource, RegExp][]
  ) {
    const answer = problem(503, "OVERLOADED", { retry_after_ms: 4000 });
    const { server, questions } = await refusedServer({ profile: "heartbeat", credential }, answer);
    assertEquals(questions.length, 1);
    assertMatch(questions[0]!, /^GET \/ws\/heartbeat/);
    assertMatch(questions[0]!, shown);
    assertEquals([server.status.state, server.status.error?.code], ["reconnecting", "OVERLOADED"]);
    server.client.close();
  }
});

Deno.test("that a question without a credential gets 401 says nothing of a socket that showed a new ticket", async () => {
  let tickets = 0;
  const credential = () => ({ ticket: `t${++tickets}` });
  const { server, questions } = await refusedServer({ credential }, problem(401, "UNAUTHORIZED"));
  assertEquals([server.socket.protocols[1], questions], ["voxcast.ticket.t1", ["GET /ws/render"]]);
  assertEquals([server.status.state, server.status.error?.code], ["reconnecting", "NOT_OPENED"]);
  await server.clock.advanceAsync(500);
  assertEquals(server.socket.protocols[1], "voxcast.ticket.t2");
  server.client.close();
});

Deno.test("a 401 is believed where the socket showed no more than the question, or a ticket that is spent now", async () => {
  for (
    const credential of [undefined, { apiKey: KEY }, { apiKey: KEY, sign: true }, { ticket: "spent" }]
  ) {
    const { server } = await refusedServer({ credential }, problem(401, "UNAUTHORIZED"));
    assertEquals([server.status.state, server.status.error?.code], ["failed", "UNAUTHORIZED"]);
  }
});

Deno.test("a token's own account of its end is read, and anything else is none", () => {
  assertEquals(tokenExpiryMs(tokenUntil(1_700_000_000_000)), 1_700_000_000_000);
  for (const token of ["", "a", "a.b.c", `a.${btoa('{"exp":"soon"}')}.c`, `a.${btoa("null")}.c`]) {
    assertEquals(tokenExpiryMs(token), undefined);
  }
});

Deno.test("an address that is none, or a platform without sockets, is refused at once", () => {
  for (const url of ["ftp://example.com", "nonsense"]) {
    try {
      new VoxcastClient({ url });
      throw new Error(`${url} was taken`);
    } catch (error) {
      assert(error instanceof TypeError, String(error));
    }
  }
});
