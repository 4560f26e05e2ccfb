import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  ConfigError,
  configSecrets,
  CREDENTIAL_KEYS,
  isDevelopment,
  loadConfig,
} from "../../src/config/mod.ts";
import { isLoopbackNetwork } from "../../src/config/loopback.ts";
import { isNetwork, isOrigin } from "../../src/config/text_forms.ts";

const KEY = "a-long-enough-key";
const SECRET = "a-secret-of-at-least-thirty-two-characters";
const TLS = { "security.tlsCertFile": "cert.pem", "security.tlsKeyFile": "key.pem" };
const PROXY = { "security.trustProxy": "10.0.0.1" };
const NAMES = { "security.jwtIssuer": "https://login.example.com", "security.jwtAudience": "voxcast" };

/** Each way to set up a credential, with what it needs beside TLS. */
const CREDENTIALS: Readonly<Record<(typeof CREDENTIAL_KEYS)[number], Readonly<Record<string, unknown>>>> = {
  "security.apiKey": { "security.apiKey": KEY },
  "security.apiKeys": { "security.apiKeys": [KEY] },
  "security.keysFile": { "security.keysFile": "keys.json" },
  "security.jwtSecret": { "security.jwtSecret": SECRET, ...NAMES },
  "security.jwksFile": { "security.jwksFile": "jwks.json", ...NAMES },
};

function load(flags: Record<string, unknown>) {
  return loadConfig({ env: {}, flags }).config;
}

function problemsOf(flags: Record<string, unknown>): ConfigError["problems"] {
  return assertThrows(() => load(flags), ConfigError).problems;
}

function keysOf(flags: Record<string, unknown>): string[] {
  return problemsOf(flags).map(({ key }) => key);
}

Deno.test("development is having no credential at all, whatever the preset", () => {
  assert(isDevelopment(load({})));
  assert(isDevelopment(load({ preset: "testing" })));
  assert(isDevelopment(load({ ...TLS, ...NAMES, "security.apiKeys": [] })));
  assertEquals(Object.keys(CREDENTIALS), [...CREDENTIAL_KEYS]);
  for (const credential of Object.values(CREDENTIALS)) {
    assertEquals(isDevelopment(load({ ...credential, ...TLS })), false);
  }
});

Deno.test("other machines, production and required authentication each need a credential, any of them", () => {
  const wishes: [string, Record<string, unknown>][] = [
    ["host", { host: "0.0.0.0", ...TLS }],
    ["security.apiKey", { preset: "production", ...TLS }],
    ["security.requireAuth", { "security.requireAuth": true, ...TLS }],
  ];
  for (const [key, wish] of wishes) {
    assertEquals(keysOf(wish), [key]);
    for (const credential of Object.values(CREDENTIALS)) load({ ...wish, ...credential });
  }
});

Deno.test("a credential without TLS is refused with both ways out, without showing it", () => {
  for (const [key, credential] of Object.entries(CREDENTIALS)) {
    const [problem, ...more] = problemsOf(credential);
    assertEquals([problem?.key, more], ["security.tlsCertFile", []]);
    const { message } = problem!;
    for (
      const part of [
        key,
        "security.tlsKeyFile",
        "security.trustProxy",
        "VOXCAST_SECURITY_TRUST_PROXY=127.0.0.1 or --security-trust-proxy 127.0.0.1",
      ]
    ) {
      assertStringIncludes(message, part);
    }
    assert(!message.includes(KEY) && !message.includes(SECRET));
    load({ ...credential, ...TLS });
    load({ ...credential, ...PROXY });
    load({ ...credential, "security.trustProxy": "127.0.0.1" });
  }
});

Deno.test("a proxy without a credential would let everybody do everything", () => {
  for (const proxies of ["127.0.0.1", "10.0.0.0/8"]) {
    const flags = { "security.trustProxy": proxies };
    const [problem, ...more] = problemsOf(flags);
    assertEquals([problem?.key, more], ["security.trustProxy", []]);
    assertStringIncludes(problem!.message, "security.apiKey");
    for (const credential of Object.values(CREDENTIALS)) load({ ...flags, ...credential });
  }
});

Deno.test("not everybody may say for others from where they come", () => {
  const credential = CREDENTIALS["security.apiKey"];
  for (const all of ["0.0.0.0/0", "::/0", "10.1.2.3/0", "::ffff:0.0.0.0/96", "0:0:0:0:0:ffff::/96"]) {
    const [problem, ...more] = problemsOf({ ...credential, "security.trustProxy": `127.0.0.1,${all}` });
    assertEquals([problem?.key, more], ["security.trustProxy", []], all);
    assertStringIncludes(problem!.message, "X-Forwarded-For");
  }
  for (const some of ["0.0.0.0/1", "::/1", "::1", "::ffff:0.0.0.0/97", "0.0.0.0"]) {
    load({ ...credential, "security.trustProxy": some, ...TLS });
  }
});

Deno.test("a certificate and its key come together", () => {
  const { "security.tlsCertFile": cert, "security.tlsKeyFile": key } = TLS;
  for (
    const credential of [{}, CREDENTIALS["security.apiKey"], { ...CREDENTIALS["security.apiKey"], ...PROXY }]
  ) {
    assertEquals(keysOf({ ...credential, "security.tlsCertFile": cert }), ["security.tlsKeyFile"]);
    assertEquals(keysOf({ ...credential, "security.tlsKeyFile": key }), ["security.tlsCertFile"]);
  }
  load(TLS);
});

Deno.test("where every proxy is on this machine, nobody may reach the server past them without TLS", () => {
  const open = { host: "0.0.0.0", ...CREDENTIALS["security.apiKey"] };
  for (const proxies of ["127.0.0.1", "::1", "127.0.0.0/8,::1/128"]) {
    assertEquals(keysOf({ ...open, "security.trustProxy": proxies }), ["host"]);
    load({ ...open, "security.trustProxy": proxies, ...TLS });
    load({ ...open, "security.trustProxy": proxies, host: "::1" });
  }
  load({ ...open, "security.trustProxy": "127.0.0.1,10.0.0.1" });
  assertEquals(
    ["127.1.2.3", "127.0.0.0/16", "::1", "::1/128"].map(isLoopbackNetwork),
    [true, true, true, true],
  );
  assertEquals(
    ["127.0.0.0/7", "::1/64", "10.0.0.1", "0.0.0.0/0"].map(isLoopbackNetwork),
    Array(4).fill(false),
  );
});

Deno.test("tokens need an issuer and an audience", () => {
  for (const source of [{ "security.jwtSecret": SECRET }, { "security.jwksFile": "jwks.json" }]) {
    assertEquals(keysOf({ ...source, ...TLS }), ["security.jwtIssuer", "security.jwtAudience"]);
    assertEquals(keysOf({ ...source, ...TLS, "security.jwtIssuer": "me" }), ["security.jwtAudience"]);
    assertEquals(keysOf({ ...source, ...TLS, "security.jwtAudience": "you" }), ["security.jwtIssuer"]);
  }
});

Deno.test("signatures need API keys", () => {
  const wish = { "security.requireHmac": true, ...TLS };
  assertEquals(keysOf(wish), ["security.requireHmac"]);
  assertEquals(keysOf({ ...wish, ...CREDENTIALS["security.jwtSecret"] }), ["security.requireHmac"]);
  for (const key of ["security.apiKey", "security.apiKeys", "security.keysFile"] as const) {
    load({ ...wish, ...CREDENTIALS[key] });
  }
});

Deno.test("what is wrong by itself is not told again as a contradiction", () => {
  assertEquals(keysOf({ host: "0.0.0.0", "security.apiKey": "tiny" }), ["security.apiKey"]);
  assertEquals(keysOf({ preset: "production", "security.jwtSecret": "short" }), ["security.jwtSecret"]);
});

Deno.test("every secret is listed for those who must hide it, the longest first", () => {
  assertEquals(configSecrets(load({})), []);
  const all = load({
    ...TLS,
    ...NAMES,
    "security.apiKey": KEY,
    "security.apiKeys": ["key-number-1", `${KEY}-and-more`],
    "security.jwtSecret": SECRET,
  });
  assertEquals(configSecrets(all), [SECRET, `${KEY}-and-more`, KEY, "key-number-1"]);
});

Deno.test("origins are taken as browsers send them, and nothing that could never match", () => {
  for (const origin of ["https://app.example.com", "http://127.0.0.1:8080", "http://[::1]:3000"]) {
    assert(isOrigin(origin), origin);
  }
  for (
    const text of [
      ...["*", "", "null", "app.example.com", "https://app.example.com/", "https://App.example.com"],
      ...[
        "https://app.example.com:443",
        "ftp://example.com",
        "https://*.example.com/x",
        "https://u@example.com",
      ],
      ...["file:///x", "https://a.example https://b.example"],
    ]
  ) assert(!isOrigin(text), text);
});

Deno.test("proxies are addresses or networks", () => {
  for (
    const text of ["10.0.0.1", "10.0.0.0/8", "0.0.0.0/0", "::1", "fd00::/8", "::ffff:10.0.0.1", "10.0.0.0/32"]
  ) {
    assert(isNetwork(text), text);
  }
  for (
    const text of [
      ...["", "localhost", "10.0.0", "300.0.0.1", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/8/8"],
      ...["10.0.0.0/-1", "10.0.0.0/ 8", "fe80::1%eth0", "[::1]", " 10.0.0.1", "*"],
    ]
  ) assert(!isNetwork(text), text);
});
