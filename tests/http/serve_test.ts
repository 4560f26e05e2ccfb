import { assert, assertEquals } from "@std/assert";
import type { ProfileName } from "../../src/http/mod.ts";
import { keySubprotocol, SUBPROTOCOL } from "../../src/security/mod.ts";
import { needs, testWith } from "../support/needs.ts";
import { createTestServer, problemOf, type TestServer, type TestServerOptions } from "./server.ts";

const KEY = "0123456789abcdef";
const need = await needs({ net: "127.0.0.1" });

/** Runs `use` against a real listener. */
async function withListener(
  options: TestServerOptions,
  use: (url: string, server: TestServer) => Promise<void>,
): Promise<void> {
  const server = createTestServer(options);
  const listener = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request, info) => server.app.fetch(request, info),
  );
  try {
    await use(`127.0.0.1:${listener.addr.port}`, server);
  } finally {
    await listener.shutdown();
  }
}

function echo(_profile: ProfileName, request: Request): Response {
  const { socket, response } = Deno.upgradeWebSocket(request, { protocol: SUBPROTOCOL });
  socket.onmessage = (event) => socket.send(`echo ${event.data}`);
  return response;
}

testWith(need, "over a real socket: worlds, a patch in pieces, and read-back", async () => {
  await withListener({}, async (host) => {
    const text = JSON.stringify({ voxels: [{ position: [1, 2, 3], color: "#123456" }] });
    const pieces = new Blob([text]).stream();
    const posted = await fetch(`http://${host}/api/worlds/main/voxels`, {
      method: "POST",
      body: pieces,
      headers: { "content-type": "application/json", origin: `http://${host}` },
    });
    assertEquals((await posted.json()).changed, 1);
    const read = await fetch(`http://${host}/api/worlds/main/voxels?min=0,0,0&max=8,8,8`);
    assertEquals((await read.json()).voxels.length, 1);
    const foreign = await fetch(`http://${host}/api/worlds`, { headers: { origin: "http://evil.example" } });
    await problemOf(foreign, "FORBIDDEN");
  });
});

/**
 * Sends a body without end on a bare connection (a client that waits for its own body to end would never see the
 * answer) until the server hangs up or 20 s have passed; gives the status line, and whether the server hung up.
 */
async function sendWithoutEnd(port: number, head: string): Promise<{ status: string; hungUp: boolean }> {
  const endMs = performance.now() + 20_000;
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const encoder = new TextEncoder();
  const chunk = encoder.encode(`2710\r\n${" ".repeat(10_000)}\r\n`);
  let status = "";
  let hungUp = false;
  async function read(): Promise<void> {
    const buffer = new Uint8Array(4096);
    for (let bytes = await connection.read(buffer); bytes !== null; bytes = await connection.read(buffer)) {
      status ||= new TextDecoder().decode(buffer.subarray(0, bytes)).split("\r\n")[0]!;
    }
  }
  const reading = read().catch(() => {}).then(() => void (hungUp = performance.now() < endMs));
  try {
    await connection.write(encoder.encode(head));
    while (!hungUp && performance.now() < endMs) await connection.write(chunk);
  } catch {
    hungUp = true;
  }
  connection.close();
  await reading;
  return { status, hungUp };
}

testWith(need, "over a real socket: a body without end is answered with 413 and cut off", async () => {
  await withListener({ config: { http: { maxBodyBytes: 100_000 } } }, async (host) => {
    const port = Number(host.split(":")[1]);
    const head =
      `POST /api/worlds/main/voxels HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\n`;
    const chunked = await sendWithoutEnd(port, `${head}transfer-encoding: chunked\r\n\r\n`);
    assert(chunked.hungUp);
    // The reset that ends the connection may overtake the answer.
    assert(["HTTP/1.1 413 Payload Too Large", ""].includes(chunked.status), chunked.status);
    // A declared length is refused by the header alone; the runtime throws away what follows.
    const declared = await fetch(`http://${host}/api/worlds/main/voxels`, {
      method: "POST",
      body: " ".repeat(200_000),
      headers: { "content-type": "application/json" },
    });
    await problemOf(declared, "PAYLOAD_TOO_LARGE");
    assertEquals((await (await fetch(`http://${host}/api/health`)).json()).status, "healthy");
  });
});

testWith(
  need,
  "over a real socket: a WebSocket with the key as subprotocol is upgraded, one without is not",
  async () => {
    const options = { config: { security: { apiKey: KEY } }, deps: { upgrade: echo } };
    await withListener(options, async (host, { log }) => {
      const refused = new WebSocket(`ws://${host}/ws/render`, [SUBPROTOCOL]);
      const failed = Promise.withResolvers<void>();
      refused.onerror = () => failed.resolve();
      refused.onopen = () => failed.reject(new Error("The socket was opened without a key"));
      await failed.promise;

      const socket = new WebSocket(`ws://${host}/ws/render`, [SUBPROTOCOL, keySubprotocol(KEY)]);
      const answer = Promise.withResolvers<string>();
      const closed = Promise.withResolvers<void>();
      socket.onopen = () => socket.send("hello");
      socket.onmessage = (event) => answer.resolve(event.data);
      socket.onerror = () => answer.reject(new Error("The socket failed"));
      socket.onclose = () => closed.resolve();
      assertEquals(await answer.promise, "echo hello");
      assertEquals(socket.protocol, SUBPROTOCOL);
      socket.close();
      await closed.promise;
      const statuses = log.filter(({ event }) => event === "request").map(({ fields }) => fields["status"]);
      assertEquals(statuses, [401, 101]);
      assert(!JSON.stringify(log).includes(KEY));
    });
  },
);

testWith(
  need,
  "over a real socket: an upgrade without its key is 400 and no fault of the server",
  async () => {
    await withListener({ deps: { upgrade: echo } }, async (host, { log }) => {
      const [hostname, port] = host.split(":");
      for (const lines of [["Connection: Upgrade"], ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]]) {
        const connection = await Deno.connect({ hostname: hostname!, port: Number(port) });
        const upgrade = ["Upgrade: websocket", "Sec-WebSocket-Version: 13"];
        const head = [`GET /ws/render HTTP/1.1`, `Host: ${host}`, ...upgrade, ...lines, "", ""];
        await connection.write(new TextEncoder().encode(head.join("\r\n")));
        const chunk = new Uint8Array(4096);
        const length = await connection.read(chunk) ?? 0;
        connection.close();
        const text = new TextDecoder().decode(chunk.subarray(0, length));
        assert(text.startsWith("HTTP/1.1 400 "), text);
      }
      assertEquals(log.filter(({ level }) => level === "error"), []);
    });
  },
);

testWith(
  need,
  "over a real socket: a Host that makes no address is a problem, whatever its credential",
  async () => {
    await withListener({}, async (address, { log }) => {
      const [hostname, port] = address.split(":");
      for (const host of ["a b", "[::", "x:99999", "%zz"]) {
        using connection = await Deno.connect({ hostname: hostname!, port: Number(port) });
        const lines = ["GET /ws/render?ticket=secret HTTP/1.1", `Host: ${host}`, "Connection: close", "", ""];
        await connection.write(new TextEncoder().encode(lines.join("\r\n")));
        const text = await new Response(connection.readable).text();
        assert(text.startsWith("HTTP/1.1 400 "), `${host}: ${text}`);
        assertEquals(text.includes("x-request-id"), true, host);
        assert(!text.includes("secret"));
      }
      assertEquals(log.filter(({ level }) => level === "error"), []);
    });
  },
);
