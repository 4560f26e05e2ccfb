import { assert, assertEquals } from "@std/assert";
import { createApp } from "../../src/app.ts";
import { loadConfig } from "../../src/config/mod.ts";
import { type LogFields, type Logger, seededRandom, systemClock } from "../../src/observe/mod.ts";
import { keySubprotocol, newKey, signToken, writeKeysFile } from "../../src/security/mod.ts";
import { hmacSha256 } from "../../src/security/sha256.ts";
import { needs, testWith } from "../support/needs.ts";
import { SocketClient } from "./socket_client.ts";

const need = await needs({ net: "127.0.0.1" }, { read: true }, { write: "tmp" });

const JWT_SECRET = "a secret of at least thirty-two characters";
const API_KEY = "vox_the-key-of-the-configuration";
const WRONG = "vox_a-wrong-key-that-might-be-a-typing-error";

testWith(
  need,
  "a running server leaks no secret into logs, answers and statistics, however it is shown",
  async () => {
    const seen: unknown[] = [];
    const log = (event: string, fields?: LogFields): void => void seen.push(event, fields);
    // Takes what is logged before anything is masked: no secret may get that far.
    const logger: Logger = { debug: log, info: log, warn: log, error: log };
    const random = seededRandom(5);
    const keysFile = await Deno.makeTempFile({ prefix: "voxcast_secret_server_" });
    try {
      const made = newKey({ id: "robot", role: "owner", worlds: "all", signing: true }, {
        clock: systemClock,
        random,
      });
      const signing = made.stored.signingSecret!;
      await writeKeysFile(keysFile, [made.stored]);
      const { config } = loadConfig({
        env: {},
        flags: {
          port: 0,
          "build.backend": "cpu",
          "log.level": "debug",
          "security.apiKey": API_KEY,
          "security.keysFile": keysFile,
          "security.jwtSecret": JWT_SECRET,
          "security.jwtIssuer": "issuer",
          "security.jwtAudience": "voxcast",
          "security.trustProxy": ["127.0.0.1"],
          "security.maxAuthFailures": 1000,
          "session.maxUnauthenticatedPerAddress": 64,
        },
      });
      await using app = await createApp({ config, clock: systemClock, random, logger });
      const { url } = await app.start();
      const sockets = url.replace("http", "ws");
      const token = await signToken(JWT_SECRET, {
        subject: "alice",
        role: "viewer",
        worlds: "all",
        issuer: "issuer",
        audience: "voxcast",
        issuedAtMs: Date.now(),
        ttlSec: 600,
      });
      const secrets = new Set([API_KEY, made.key, signing, JWT_SECRET, token, WRONG]);

      /** A request; the answer is looked at like a log. */
      const ask = async (path: string, init: RequestInit = {}): Promise<number> => {
        const response = await fetch(new URL(path, url), init);
        seen.push([...response.headers], await response.text());
        return response.status;
      };
      for (
        const [value, status] of [
          [API_KEY, 200],
          [made.key, 200],
          [token, 200],
          [WRONG, 401],
          [signing, 401],
        ] as const
      ) {
        const headers = { authorization: `Bearer ${value}` };
        assertEquals(await ask("api/worlds", { headers }), status);
        await ask("api/worlds", { method: "POST", headers, body: `{"id": "${value}"` });
        await ask(`ws/render?auth_token=${value}&ticket=${value}&apiKey=${value}`, { headers });
      }
      const nowMs = Date.now();
      const signature = hmacSha256(signing, `robot.${nowMs}.nonce-0001`).toHex();
      secrets.add(signature);
      const headers = { authorization: `Voxcast robot.${nowMs}.nonce-0001.${signature}` };
      assertEquals([await ask("api/worlds", { headers }), await ask("api/worlds", { headers })], [200, 401]);

      const asked = await fetch(new URL("api/tickets", url), {
        method: "POST",
        headers: { authorization: `Bearer ${API_KEY}`, "content-type": "application/json" },
        body: "{}",
      });
      const { ticket } = await asked.json();
      secrets.add(ticket);
      for (
        const protocol of [
          keySubprotocol(API_KEY),
          `voxcast.token.${token}`,
          `voxcast.ticket.${ticket}`,
          keySubprotocol(WRONG),
        ]
      ) {
        const socket = new SocketProbe(`${sockets}ws/render`, protocol);
        assertEquals(await socket.opened, protocol !== keySubprotocol(WRONG));
        seen.push(socket.protocol);
      }

      const keySignature = hmacSha256(API_KEY, String(nowMs)).toHex();
      secrets.add(keySignature);
      for (
        const fields of [
          { "api_key": API_KEY, timestamp: nowMs, signature: keySignature },
          { "api_key": WRONG },
          { "auth_token": token },
          { "auth_token": `${token}x` },
          { ticket },
          { "key_id": "robot", timestamp: nowMs, nonce: "nonce-0002", signature },
          { "api_key": API_KEY, ticket },
          { "api_key": [API_KEY] },
          { "api_key": `${API_KEY}\u202e` },
        ]
      ) {
        await using client = await SocketClient.connect(`${sockets}ws/heartbeat`);
        seen.push(
          await client.answer(() => client.send(JSON.stringify({ type: "AUTH", ...fields }))),
          client.messages,
        );
        client.send(`{"type":"AUTH","api_key":"${API_KEY}"`);
      }
      await ask("ws/stats", { headers: { authorization: `Bearer ${API_KEY}` } });
      await ask("api/metrics", { headers: { authorization: `Bearer ${API_KEY}` } });

      const text = Deno.inspect(seen, { depth: 20, iterableLimit: 1_000_000, strAbbreviateSize: 10_000_000 });
      assert(text.includes("auth.failed") && text.includes("AUTH_SUCCESS") && text.includes("AUTH_FAILED"));
      for (const secret of secrets) assert(!text.includes(secret), `found ${secret}`);
    } finally {
      await Deno.remove(keysFile);
    }
  },
);

/** Opens a socket and closes it again. */
class SocketProbe {
  readonly opened: Promise<boolean>;
  protocol = "";

  constructor(url: string, protocol: string) {
    const socket = new WebSocket(url, ["voxcast", protocol]);
    this.opened = new Promise((resolve) => {
      let isOpen = false;
      socket.onopen = () => {
        isOpen = true;
        this.protocol = socket.protocol;
        socket.close();
      };
      socket.onclose = () => resolve(isOpen);
      socket.onerror = (event) => event.preventDefault();
    });
  }
}
