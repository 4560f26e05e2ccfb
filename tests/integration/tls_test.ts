import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { runImport } from "../../src/cli/import.ts";
import { createApp } from "../../src/app.ts";
import { ConfigError, loadConfig } from "../../src/config/mod.ts";
import { createLogger, seededRandom, silentLogger, systemClock } from "../../src/observe/mod.ts";
import { makeCertificate, type TestCertificate } from "../support/certificate.ts";
import { MemoryIo } from "../support/memory_io.ts";
import { needs, testWith } from "../support/needs.ts";
import { DEER_VOX } from "../support/real_models.ts";
import { RunningServer, serverNeeds } from "./running_server.ts";

const need = serverNeeds.ignore ? serverNeeds : await needs({ write: "tmp" }, { net: "localhost" });
const KEY = "a-long-enough-key";

/** Runs a server with a fresh certificate; the files are gone afterwards. */
async function withFiles(
  { cert, key }: TestCertificate,
  use: (flags: Record<string, unknown>) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/cert.pem`, cert);
    await Deno.writeTextFile(`${folder}/key.pem`, key);
    const tls = {
      "security.tlsCertFile": `${folder}/cert.pem`,
      "security.tlsKeyFile": `${folder}/key.pem`,
    };
    await use({ ...tls, "security.apiKey": KEY });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

testWith(need, "with a certificate the server answers https, and only to those who trust it", async () => {
  const pair = await makeCertificate();
  await withFiles(pair, async (flags) => {
    await using server = await RunningServer.start(flags);
    assertMatch(server.url, /^https:\/\/127\.0\.0\.1:\d+\/$/);
    using client = Deno.createHttpClient({ caCerts: [pair.cert] });
    const url = new URL("api/info", server.url);
    const answer = await fetch(url, { client, headers: { authorization: `Bearer ${KEY}` } });
    assertEquals(answer.status, 200);
    assertEquals((await answer.json()).port, Number(url.port));
    const stranger = await fetch(url, { client });
    assertEquals(stranger.status, 401);
    await stranger.body?.cancel();
    await assertRejects(() => fetch(url), TypeError);
    await assertRejects(() => fetch(String(url).replace("https:", "http:")), TypeError);
  });
});

testWith(need, "import says what is wrong with a certificate, and what to do about it", async () => {
  const said = async (pair: TestCertificate): Promise<string> => {
    let text = "";
    await withFiles(pair, async (flags) => {
      await using server = await RunningServer.start(flags);
      const io = new MemoryIo();
      assertEquals(await runImport({ files: [DEER_VOX], server: server.url, key: KEY }, io), 1);
      text = io.errorText;
    });
    return text;
  };
  assertMatch(await said(await makeCertificate({ isAuthority: true })), /authority \(CA:TRUE\).*CA:FALSE/);
  assertMatch(await said(await makeCertificate()), /UnknownIssuer.*DENO_CERT=FILE/);
});

testWith(need, "WebSockets run over TLS, for the runtime's own client and for npm:ws", async () => {
  const pair = await makeCertificate();
  await withFiles(pair, async (flags) => {
    await using server = await RunningServer.start(flags);
    assertMatch(server.socketUrl, /^wss:/);
    using client = Deno.createHttpClient({ caCerts: [pair.cert] });
    const headers = { authorization: `Bearer ${KEY}` };
    const own = new WebSocket(server.socketUrl, { client, headers });
    assertMatch(await pong(own), /PONG/i);
    await closed(own);
    // Imported late: the package reads the environment while it loads, which a run without permissions may not.
    const { WebSocket: NodeSocket } = await import("ws");
    const foreign = new NodeSocket(server.socketUrl, { ca: pair.cert, headers });
    const answered = Promise.withResolvers<string>();
    foreign.on("open", () => foreign.send('{"type":"PING"}'));
    foreign.on("message", (data: unknown) => answered.resolve(String(data)));
    foreign.on("error", answered.reject);
    assertMatch(await answered.promise, /PONG/i);
    const gone = new Promise((resolve) => foreign.on("close", resolve));
    foreign.close();
    await gone;
  });
});

testWith(need, "a client that offers http/1.1 gets it, as sockets need it", async () => {
  const pair = await makeCertificate();
  await withFiles(pair, async (flags) => {
    await using server = await RunningServer.start(flags);
    const port = Number(new URL(server.url).port);
    for (const [offered, taken] of [[["http/1.1"], "http/1.1"], [["h2", "http/1.1"], "h2"]] as const) {
      using connection = await Deno.connectTls({
        hostname: "localhost",
        port,
        caCerts: [pair.cert],
        alpnProtocols: [...offered],
      });
      assertEquals((await connection.handshake()).alpnProtocol, taken);
    }
  });
});

testWith(need, "a key of another certificate stops the start, before anything listens", async () => {
  const [{ cert }, { key }] = [await makeCertificate(), await makeCertificate()];
  await withFiles({ cert, key }, async (flags) => {
    const { config } = loadConfig({ env: {}, flags: { port: 0, "build.backend": "cpu", ...flags } });
    const options = { config, clock: systemClock, random: seededRandom(1), logger: silentLogger };
    await using app = await createApp(options);
    const error = await assertRejects(() => app.start(), ConfigError);
    assertStringIncludes(error.message, "security.tlsKeyFile");
  });
});

testWith(
  need,
  "a certificate that ends within two weeks is warned of in the log, without its key",
  async () => {
    for (const [days, warnings] of [[13, 1], [15, 0]] as const) {
      const pair = await makeCertificate({ days });
      await withFiles(pair, async (flags) => {
        const { config } = loadConfig({ env: {}, flags: { port: 0, "build.backend": "cpu", ...flags } });
        const lines: string[] = [];
        const write = (line: string): void => void lines.push(line);
        const logger = createLogger({ level: "warn", format: "text", write, clock: systemClock });
        await using app = await createApp({ config, clock: systemClock, random: seededRandom(1), logger });
        await app.start();
        assertEquals(lines.filter((line) => line.includes("tls.certificate_ends_soon")).length, warnings);
        assert(!lines.join("\n").includes("PRIVATE"));
      });
    }
  },
);

function pong(socket: WebSocket): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  socket.onopen = () => socket.send('{"type":"PING"}');
  socket.onmessage = ({ data }) => resolve(String(data));
  socket.onerror = () => reject(new Error("the socket failed"));
  return promise;
}

function closed(socket: WebSocket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.onclose = () => resolve();
  socket.close();
  return promise;
}
