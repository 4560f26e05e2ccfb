import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import type { AuthCredential, VoxcastError } from "../../src/protocol/mod.ts";
import { type ApiKeyEntry, ApiKeys } from "../../src/security/api_keys.ts";
import type { AuthFailure } from "../../src/security/auth_failure.ts";
import { hmacSha256, sha256 } from "../../src/security/sha256.ts";
import { type SignatureOptions, Signatures } from "../../src/security/signatures.ts";
import { runs } from "../support/runs.ts";
import { authFixture, KEY, PEER } from "./auth_fixture.ts";

const NOW = Date.UTC(2026, 0, 1);
const WINDOW_MS = 300_000;
const SECRET = "voxsign_a-secret-of-its-own";
const ENTRIES: readonly ApiKeyEntry[] = [
  { id: "main", role: "owner", worlds: "all", hash: sha256(KEY), signingSecret: SECRET },
  { id: "plain", role: "viewer", worlds: "all", hash: sha256("plain-key") },
  {
    id: "ended",
    role: "viewer",
    worlds: "all",
    hash: sha256("ended-key"),
    signingSecret: SECRET,
    expiresAtMs: NOW,
  },
];

type Signed = Extract<AuthCredential, { kind: "signed" }>;

function signatures(options: Partial<SignatureOptions> = {}): Signatures {
  return new Signatures(new ApiKeys(ENTRIES), {
    windowMs: WINDOW_MS,
    requireHmac: false,
    maxEntries: 100,
    ...options,
  });
}

/** The seed's form: the key, a timestamp, and the timestamp signed with the key. */
function keyed(
  timestampMs: number,
  apiKey: string = KEY,
  text: string = String(timestampMs),
): AuthCredential & { kind: "api-key" } {
  return { kind: "api-key", apiKey, timestampMs, signature: hmacSha256(apiKey, text).toHex() };
}

/** The form without the key. */
function signed(
  timestampMs: number,
  nonce: string = "nonce-0001",
  keyId: string = "main",
  secret: string = SECRET,
): Signed {
  const signature = hmacSha256(secret, `${keyId}.${timestampMs}.${nonce}`).toHex();
  return { kind: "signed", keyId, timestampMs, nonce, signature };
}

/** The reason of a refusal, or how the principal came in. */
function outcome(check: () => { readonly method: string }): string {
  try {
    return check().method;
  } catch (error) {
    return (error as AuthFailure).reason;
  }
}

Deno.test("key, timestamp and signature are admitted up to five minutes off, both ways, and no further", () => {
  for (const offMs of [0, 1, -1, WINDOW_MS, -WINDOW_MS]) {
    assertEquals(outcome(() => signatures().checkKey(keyed(NOW + offMs), NOW)), "hmac");
    assertEquals(outcome(() => signatures().checkSigned(signed(NOW + offMs), NOW)), "hmac");
  }
  for (
    const [offMs, reason] of [[-WINDOW_MS - 1, "stale-timestamp"], [
      WINDOW_MS + 1,
      "future-timestamp",
    ]] as const
  ) {
    assertEquals(outcome(() => signatures().checkKey(keyed(NOW + offMs), NOW)), reason);
    assertEquals(outcome(() => signatures().checkSigned(signed(NOW + offMs), NOW)), reason);
    const unsigned = { kind: "api-key", apiKey: KEY, timestampMs: NOW + offMs } as const;
    assertEquals(outcome(() => signatures().checkKey(unsigned, NOW)), reason);
  }
});

Deno.test("a timestamp without a signature is held to the window alone, and may come again", () => {
  const checker = signatures();
  const shown = { kind: "api-key", apiKey: KEY, timestampMs: NOW } as const;
  assertEquals([1, 2].map(() => outcome(() => checker.checkKey(shown, NOW))), ["api-key", "api-key"]);
});

Deno.test("a signature is read in either case of letters, and may be over the seconds that were sent", () => {
  const upper = { ...keyed(NOW), signature: keyed(NOW).signature!.toUpperCase() };
  assertEquals(outcome(() => signatures().checkKey(upper, NOW)), "hmac");
  assertEquals(outcome(() => signatures().checkKey(keyed(NOW, KEY, String(NOW / 1000)), NOW)), "hmac");
  // Milliseconds that are no whole second were never sent as seconds.
  const odd = keyed(NOW + 5, KEY, String(Math.floor((NOW + 5) / 1000)));
  assertEquals(outcome(() => signatures().checkKey(odd, NOW)), "wrong-signature");
});

Deno.test("a wrong HMAC is refused: of another key, time, text, length, or with one digit changed", () => {
  const right = keyed(NOW).signature!;
  const flipped = (right[0] === "0" ? "1" : "0") + right.slice(1);
  const texts = [
    flipped,
    right.slice(2),
    `${right}00`,
    "",
    "zz".repeat(32),
    keyed(NOW + 1).signature!,
    hmacSha256("x", String(NOW)).toHex(),
  ];
  for (const signature of texts) {
    assertEquals(
      outcome(() => signatures().checkKey({ ...keyed(NOW), signature }, NOW)),
      "wrong-signature",
      signature,
    );
  }
  // A signature that fits a key which is not one of the server's.
  assertEquals(outcome(() => signatures().checkKey(keyed(NOW, "unknown-key"), NOW)), "wrong-key");
  assertEquals(
    outcome(() => signatures().checkKey({ kind: "api-key", apiKey: KEY, signature: right }, NOW)),
    "malformed",
  );
});

Deno.test("without the key: wrong secret, id, nonce or time is refused alike, also for a key that cannot sign", () => {
  const right = signed(NOW);
  const wrong: Signed[] = [
    signed(NOW, "nonce-0001", "main", "another secret"),
    signed(NOW, "nonce-0001", "main", KEY),
    signed(NOW, "nonce-0001", "nobody"),
    signed(NOW, "nonce-0001", "nobody", "no such key"),
    signed(NOW, "nonce-0001", "plain", "plain-key"),
    signed(NOW, "nonce-0001", "plain", "no such key"),
    { ...right, nonce: "nonce-0002" },
    { ...right, timestampMs: NOW + 1 },
    { ...right, keyId: "ended" },
  ];
  for (const shown of wrong) {
    assertEquals(outcome(() => signatures().checkSigned(shown, NOW)), "wrong-signature");
  }
  for (const nonce of ["", "short", "a.b.c.d.e.f", "x".repeat(129), "nonce 0001"]) {
    assertEquals(outcome(() => signatures().checkSigned(signed(NOW, nonce), NOW)), "malformed");
  }
});

Deno.test("an ended key is refused as expired, in every form", () => {
  const ended = { kind: "api-key", apiKey: "ended-key" } as const;
  assertEquals(outcome(() => signatures().checkKey(ended, NOW - 1)), "api-key");
  assertEquals(outcome(() => signatures().checkKey(ended, NOW)), "expired");
  assertEquals(outcome(() => signatures().checkKey(keyed(NOW, "ended-key"), NOW)), "expired");
  assertEquals(outcome(() => signatures().checkSigned(signed(NOW, "nonce-0001", "ended"), NOW)), "expired");
});

Deno.test("replay: the same key, timestamp and signature are taken once within the window", () => {
  const checker = signatures();
  assertEquals(outcome(() => checker.checkKey(keyed(NOW), NOW)), "hmac");
  for (const laterMs of [0, 1, WINDOW_MS]) {
    assertEquals(outcome(() => checker.checkKey(keyed(NOW), NOW + laterMs)), "replayed");
    const upper = { ...keyed(NOW), signature: keyed(NOW).signature!.toUpperCase() };
    assertEquals(outcome(() => checker.checkKey(upper, NOW + laterMs)), "replayed");
  }
  assertEquals(outcome(() => checker.checkKey(keyed(NOW + 1), NOW)), "hmac");
});

Deno.test("replay: a nonce is taken once for a key within the window, also with another timestamp", () => {
  const checker = signatures();
  assertEquals(outcome(() => checker.checkSigned(signed(NOW), NOW)), "hmac");
  assertEquals(outcome(() => checker.checkSigned(signed(NOW), NOW)), "replayed");
  assertEquals(outcome(() => checker.checkSigned(signed(NOW + 1), NOW)), "replayed");
  assertEquals(outcome(() => checker.checkSigned(signed(NOW, "nonce-0002"), NOW)), "hmac");
});

Deno.test("what is refused for another reason is not remembered: nobody can use up another's nonce", () => {
  const checker = signatures();
  assertEquals(
    outcome(() => checker.checkSigned({ ...signed(NOW), signature: "0".repeat(64) }, NOW)),
    "wrong-signature",
  );
  assertEquals(checker.size, 0);
  assertEquals(outcome(() => checker.checkSigned(signed(NOW), NOW)), "hmac");
});

Deno.test("a full memory of signatures answers busy and forgets nothing that could be replayed", () => {
  const checker = signatures({ maxEntries: 20 });
  for (const nonce of ["nonce-0001", "nonce-0002"]) checker.checkSigned(signed(NOW, nonce), NOW);
  assertEquals(outcome(() => checker.checkSigned(signed(NOW, "nonce-0003"), NOW)), "busy");
  assertEquals(outcome(() => checker.checkSigned(signed(NOW, "nonce-0001"), NOW + WINDOW_MS)), "replayed");
  const later = NOW + WINDOW_MS + 1;
  assertEquals(outcome(() => checker.checkSigned(signed(later, "nonce-0003"), later)), "hmac");
  assertEquals(checker.size, 1);
});

Deno.test("requireHmac takes no key alone, and judges it before it looks at the key", () => {
  const checker = signatures({ requireHmac: true });
  for (const apiKey of [KEY, "wrong"]) {
    assertEquals(outcome(() => checker.checkKey({ kind: "api-key", apiKey }, NOW)), "unsigned-key");
    assertEquals(
      outcome(() => checker.checkKey({ kind: "api-key", apiKey, timestampMs: NOW }, NOW)),
      "unsigned-key",
    );
  }
  assertEquals(outcome(() => checker.checkKey(keyed(NOW), NOW)), "hmac");
  assertEquals(outcome(() => checker.checkSigned(signed(NOW), NOW)), "hmac");
});

Deno.test("AUTH as the seed's client sends it: admitted once, the second time refused", async () => {
  using fixture = await authFixture();
  const shown = keyed(fixture.clock.now());
  assertEquals((await fixture.auth.ofMessage(shown, PEER)).method, "hmac");
  const error = await assertRejects(() => fixture.auth.ofMessage(shown, PEER)) as VoxcastError;
  assertEquals([error.code, error.message], [
    "UNAUTHORIZED",
    "The signature has been used before; sign a new timestamp",
  ]);
  fixture.clock.advance(WINDOW_MS + 1);
  assertEquals(await fixture.codeOfMessage(shown), "UNAUTHORIZED");
  assertEquals(fixture.failures, { replayed: 1, "stale-timestamp": 1 });
});

Deno.test("property: a signed credential is admitted exactly if nothing of it was changed", () => {
  const text = fc.stringMatching(/^[A-Za-z0-9_-]{8,20}$/);
  fc.assert(
    fc.property(
      text,
      text,
      fc.integer({ min: -1000, max: 1000 }),
      fc.constantFrom("nonce", "time", "id", "none"),
      (nonce, other, ms, what) => {
        const right = signed(NOW + ms, nonce);
        const shown = what === "nonce"
          ? { ...right, nonce: other }
          : what === "time"
          ? { ...right, timestampMs: NOW + ms + 1 }
          : what === "id"
          ? { ...right, keyId: other }
          : right;
        const isSame = what === "none" || (what === "nonce" && other === nonce);
        assertEquals(
          outcome(() => signatures().checkSigned(shown, NOW)),
          isSame ? "hmac" : "wrong-signature",
        );
      },
    ),
    { numRuns: runs(100) },
  );
});
