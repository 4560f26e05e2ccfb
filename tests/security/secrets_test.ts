import { assert, assertEquals } from "@std/assert";
import { ConfigError } from "../../src/config/mod.ts";
import {
  createLogger,
  type LogFields,
  type Logger,
  seededRandom,
  systemRandom,
} from "../../src/observe/mod.ts";
import { defaultConfig } from "../../src/config/mod.ts";
import {
  createAuthenticator,
  keySubprotocol,
  newKey,
  SessionTokens,
  writeKeysFile,
} from "../../src/security/mod.ts";
import { hmacSha256 } from "../../src/security/sha256.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { needs, testWith } from "../support/needs.ts";
import { bearer, JWT_SECRET, request, signedToken, TOKENS, upgrade } from "./auth_fixture.ts";

const need = await needs({ read: "tmp" }, { write: "tmp" });

/** Everything that is logged, before the logger masks anything: nothing secret may get that far. */
function bareLogger(seen: unknown[]): Logger {
  const log = (event: string, fields?: LogFields): void => void seen.push(event, fields);
  return { debug: log, info: log, warn: log, error: log };
}

testWith(
  need,
  "no secret is in a log, an error, the statistics or a principal, whatever happens to it",
  async () => {
    const clock = new ManualClock();
    const random = seededRandom(11);
    const file = await Deno.makeTempFile({ prefix: "voxcast_secret_keys_" });
    const seen: unknown[] = [];
    const secrets: string[] = [];
    const secret = (text: string): string => {
      secrets.push(text);
      return text;
    };
    try {
      const made = newKey({ id: "robot", role: "viewer", worlds: "all", signing: true }, { clock, random });
      await writeKeysFile(file, [made.stored]);
      await Deno.chmod(file, 0o644);
      const apiKey = secret("vox_the-key-of-the-configuration");
      secret(made.key);
      const signing = secret(made.stored.signingSecret!);
      secret(JWT_SECRET);
      const defaults = defaultConfig();
      const config = {
        ...defaults,
        security: { ...defaults.security, ...TOKENS, apiKey, keysFile: file, maxAuthFailures: 1000 },
      };
      using auth = await createAuthenticator(config, { clock, random, logger: bareLogger(seen) });
      const issuedAtMs = clock.now();
      const token = secret(await signedToken({ issuedAtMs }));
      const ended = secret(await signedToken());
      const foreign = secret(await signedToken({ issuedAtMs, issuer: "other" }));
      const nowMs = clock.now();
      const signature = secret(hmacSha256(signing, `robot.${nowMs}.nonce-0001`).toHex());
      const keySignature = secret(hmacSha256(apiKey, String(nowMs)).toHex());
      const principal = { id: "user:alice", method: "jwt", role: "viewer", worlds: "all" } as const;
      const ticket = secret(auth.issueTicket(principal, { origin: "https://a.example" }).ticket);
      const wrong = secret("vox_a-wrong-key-that-might-be-a-typing-error");
      const session = secret(new SessionTokens({ ttlMs: 1, clock, random }).issue("s", principal).token);

      const attempts: (() => Promise<unknown>)[] = [];
      for (const text of [apiKey, made.key, token, ended, foreign, wrong, ticket, signing, session]) {
        attempts.push(
          () => auth.ofRequest(bearer(text), { address: "192.0.2.1" }),
          () => auth.ofRequest(bearer(`${text} x`), { address: "192.0.2.1" }),
          () => auth.ofRequest(upgrade([keySubprotocol(text)]), { address: "192.0.2.1", opensSocket: true }),
          () =>
            auth.ofRequest(upgrade([`voxcast.token.${text}`]), { address: "192.0.2.1", opensSocket: true }),
          () =>
            auth.ofRequest(upgrade([`voxcast.ticket.${text}`]), { address: "192.0.2.1", opensSocket: true }),
          () =>
            auth.ofRequest(upgrade([], `/ws/render?auth_token=${text}`), {
              address: "192.0.2.1",
              opensSocket: true,
            }),
          () =>
            auth.ofMessage({ kind: "api-key", apiKey: text, timestampMs: nowMs, signature: keySignature }, {
              address: "192.0.2.1",
            }),
          () => auth.ofMessage({ kind: "token", token: text }, { address: "192.0.2.1" }),
          () => auth.ofMessage({ kind: "ticket", ticket: text }, { address: "192.0.2.1" }),
        );
      }
      const signed = {
        kind: "signed",
        keyId: "robot",
        timestampMs: nowMs,
        nonce: "nonce-0001",
        signature,
      } as const;
      attempts.push(
        () => auth.ofMessage(signed, { address: "192.0.2.1" }),
        () => auth.ofMessage(signed, { address: "192.0.2.1" }),
      );
      attempts.push(() =>
        auth.ofRequest(request({ authorization: `Voxcast robot.${nowMs}.nonce-0001.${signature}` }), {
          address: "192.0.2.1",
        })
      );
      let refused = 0;
      for (const attempt of attempts) {
        try {
          seen.push(await attempt());
        } catch (error) {
          refused++;
          assert(error instanceof Error);
          seen.push(error.message, error.stack, error.cause, { ...error });
        }
      }
      seen.push(auth.stats);
      assert(
        refused > 50 && auth.stats.successes > 5,
        `${refused} refused, ${auth.stats.successes} admitted`,
      );
      const text = Deno.inspect(seen, { depth: 20, iterableLimit: 100_000, strAbbreviateSize: 1_000_000 });
      assert(text.includes("auth.failed") && text.includes("auth.keys_file_open"));
      for (const one of secrets) assert(!text.includes(one), `found ${one}`);
      for (const one of secrets) assert(!text.includes(keySubprotocol(one)), `found ${one} in base64`);
    } finally {
      await Deno.remove(file);
    }
  },
);

Deno.test("a logger that is given a fatal configuration error shows no key in it", async () => {
  const apiKey = "sha256:not-a-hash-but-a-key-that-was-mistyped";
  const defaults = defaultConfig();
  const config = { ...defaults, security: { ...defaults.security, apiKey } };
  const clock = new ManualClock();
  const lines: string[] = [];
  const logger = createLogger({ level: "debug", format: "json", write: (line) => lines.push(line), clock });
  try {
    await createAuthenticator(config, { clock, random: systemRandom, logger });
  } catch (error) {
    assert(error instanceof ConfigError);
    logger.error("start failed", { error });
  }
  assertEquals(lines.length, 1);
  assert(!lines[0]!.includes("mistyped"), lines[0]);
});
