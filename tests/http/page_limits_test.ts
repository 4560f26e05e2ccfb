import { assert, assertEquals } from "@std/assert";
import { runImport } from "../../src/cli/import.ts";
import { explainRefusal, fetchTicket, socketUrl, ticketSubprotocols } from "../../src/client/admission.ts";
import { Backoff } from "../../src/client/backoff.ts";
import { createFileAssets } from "../../src/http/mod.ts";
import { seededRandom, systemClock } from "../../src/observe/mod.ts";
import { VoxcastError } from "../../src/protocol/mod.ts";
import { createAuthenticator, SUBPROTOCOL } from "../../src/security/mod.ts";
import { MemoryIo } from "../support/memory_io.ts";
import { needs, testWith } from "../support/needs.ts";
import { TREE_VOX } from "../support/real_models.ts";
import { createTestServer, memoryAssets, type TestServer } from "./server.ts";

const KEY = "0123456789abcdef";
const BEARER = `Bearer ${KEY}`;
const CONFIG = { security: { apiKey: KEY, trustProxy: ["127.0.0.1"] } };
/** People in one office, behind one address, who share one key. */
const PEOPLE = 5;
const need = await needs({ net: "127.0.0.1" }, { read: "." });

/** A running server with authentication and the default limits, and what was asked of it. */
interface Office extends AsyncDisposable {
  readonly server: TestServer;
  readonly base: URL;
  /** Answers that were given, as `status path`. */
  readonly answers: string[];
  /** Whether new sockets are turned away. */
  isOverloaded: boolean;
  /** Sockets that the pages hold. */
  readonly sockets: WebSocket[];
}

async function openOffice(): Promise<Office> {
  const { deps: { config, clock, logger } } = createTestServer({ config: CONFIG });
  const authenticator = await createAuthenticator(config, { clock, random: seededRandom(1), logger });
  const office = { isOverloaded: false };
  const page = createFileAssets([new URL("../../src/client/page/", import.meta.url)]);
  const scripts = memoryAssets({ "viewer.js": "go()", "decode_worker.js": "work()" });
  const sockets: WebSocket[] = [];
  const checkUpgrade = (): void => {
    if (office.isOverloaded) throw new VoxcastError("OVERLOADED", "Later", { retryAfterMs: 2000 });
  };
  const server = createTestServer({
    config: CONFIG,
    deps: {
      checkUpgrade,
      authenticator,
      clock,
      assets: { read: async (name) => await page.read(name) ?? await scripts.read(name) },
      upgrade: (_profile, request) => {
        checkUpgrade();
        return Deno.upgradeWebSocket(request, { protocol: SUBPROTOCOL }).response;
      },
    },
  });
  const answers: string[] = [];
  const listener = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request, info) => {
    const response = await server.app.fetch(request, info);
    answers.push(`${response.status} ${new URL(request.url).pathname}`);
    return response;
  });
  return Object.assign(office, {
    server: { ...server, clock: clock as TestServer["clock"] },
    base: new URL(`http://127.0.0.1:${listener.addr.port}/`),
    answers,
    sockets,
    async [Symbol.asyncDispose](): Promise<void> {
      await Promise.all(sockets.map(closed));
      await listener.shutdown();
      authenticator[Symbol.dispose]();
    },
  });
}

/** What a browser fetches for the page: the page, what it names, and the worker that its script starts. */
async function loadPage({ base }: Office): Promise<void> {
  const page = await (await fetch(base)).text();
  const files = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path!);
  assert(files.length >= 3, page);
  for (const path of [...files, "/assets/decode_worker.js", "/assets/icon.svg"]) {
    await (await fetch(new URL(path, base))).body?.cancel();
  }
}

/** One attempt of the page's connection, by the client's own requests; whether the socket opened. */
async function connect(office: Office): Promise<boolean> {
  const address = { base: office.base, world: "main", fetch };
  const { signal } = new AbortController();
  const ticket = await fetchTicket(address, BEARER, signal);
  const socket = new WebSocket(socketUrl(address, "render"), ticketSubprotocols(ticket));
  const opened = await new Promise<boolean>((resolve) => {
    socket.onopen = () => resolve(true);
    socket.onerror = () => resolve(false);
  });
  if (opened) office.sockets.push(socket);
  else {
    const question = { profile: "render", authorization: BEARER, lacksCredential: false } as const;
    assertEquals((await explainRefusal(address, question, signal))?.code, "OVERLOADED");
  }
  return opened;
}

async function closed(socket: WebSocket): Promise<void> {
  if (socket.readyState === WebSocket.CLOSED) return;
  await new Promise<void>((resolve) => {
    socket.onclose = () => resolve();
    socket.close();
  });
}

function everybody<T>(step: () => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: PEOPLE }, step));
}

testWith(need, "pages, an import and monitors with one key at one address never meet a limit", async () => {
  await using office = await openOffice();
  const { server: { clock, deps, worlds }, answers, base } = office;
  assertEquals([deps.authenticator.isOpen, deps.config.limits.httpRequests], [false, 60]);

  // All of it at one moment, so that nothing comes back in between: everybody loads the page twice and connects,
  // somebody imports a model, and all connections are lost once.
  for (let load = 0; load < 2; load++) {
    await everybody(() => loadPage(office));
    assertEquals(new Set(await everybody(() => connect(office))), new Set([true]));
  }
  const io = new MemoryIo();
  const options = { files: [TREE_VOX], world: "forest", server: base.href, key: KEY };
  assertEquals(await runImport(options, io, { fetch, clock: systemClock }), 0, io.errorText);
  assertEquals(worlds.get("forest")?.voxelCount, 804_872 - 36_804);
  await Promise.all(office.sockets.splice(0).map(closed));
  await everybody(() => connect(office));

  // Ten minutes in which the server takes nobody in, and monitors ask as they do.
  office.isOverloaded = true;
  const waits = Array.from({ length: PEOPLE }, (_, i) => ({
    backoff: new Backoff({ baseMs: 1000, maxMs: 30_000, random: seededRandom(i) }),
    dueMs: clock.monotonic(),
  }));
  for (let second = 0; second < 600; second++) {
    clock.advance(1000);
    for (const wait of waits) {
      if (clock.monotonic() < wait.dueMs) continue;
      assertEquals(await connect(office), false);
      wait.dueMs = clock.monotonic() + wait.backoff.nextDelayMs();
    }
    const ask = async (path: string, key?: string) => {
      const headers: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };
      await (await fetch(new URL(path, base), { headers })).body?.cancel();
    };
    if (second % 5 === 0) await ask("/api/health");
    if (second % 15 === 0) await ask("/api/metrics?format=prometheus", KEY);
  }
  const refused = answers.filter((answer) => answer.startsWith("429"));
  assertEquals(refused, []);
  const count = (path: string) => answers.filter((answer) => answer.endsWith(` ${path}`)).length;
  assert(count("/api/tickets") > 100 && count("/ws/render") > 200);
});
