import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { ConfigError, readTlsFiles } from "../../src/config/mod.ts";
import { makeCertificate, pem } from "../support/certificate.ts";
import { needs, testWith } from "../support/needs.ts";

const need = await needs({ write: "tmp" }, { read: "tmp" });
const NOW_MS = Date.UTC(2030, 0, 10);

/** Writes both texts and reads them as a server would; answers what is wrong with each, or undefined. */
async function problemsOf(cert: string, key: string): Promise<Record<string, string> | undefined> {
  const folder = await Deno.makeTempDir();
  try {
    const tlsCertFile = `${folder}/cert.pem`;
    const tlsKeyFile = `${folder}/key.pem`;
    await Deno.writeTextFile(tlsCertFile, cert);
    await Deno.writeTextFile(tlsKeyFile, key);
    await readTlsFiles({ tlsCertFile, tlsKeyFile }, NOW_MS);
    return undefined;
  } catch (error) {
    assert(error instanceof ConfigError, String(error));
    for (const line of key.split("\n")) {
      assert(
        line.length < 20 || line.startsWith("-----") || !error.message.includes(line),
        "a key was quoted",
      );
    }
    return Object.fromEntries(error.problems.map(({ key, message }) => [key, message]));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

testWith(need, "without files there is no TLS", async () => {
  assertEquals(await readTlsFiles({}, NOW_MS), undefined);
});

testWith(
  need,
  "a certificate with its key is taken, also with others behind it, and its end is told",
  async () => {
    const { cert, key } = await makeCertificate({ nowMs: NOW_MS, days: 30 });
    const { cert: other } = await makeCertificate({ nowMs: NOW_MS });
    assertEquals(await problemsOf(cert, key), undefined);
    assertEquals(await problemsOf(`Bag Attributes\n${cert}${other}`, key), undefined);
    assertEquals(await problemsOf(key + cert, cert + pem("EC PARAMETERS", [1, 2]) + key), undefined);
    assertEquals(await problemsOf(cert.replaceAll("\n", "\r\n"), key.replaceAll("\n", "\r\n")), undefined);
    assertEquals(Object.keys(await problemsOf(other + cert, key) ?? {}), ["security.tlsKeyFile"]);
    const folder = await Deno.makeTempDir();
    try {
      await Deno.writeTextFile(`${folder}/both.pem`, cert + key);
      const both = { tlsCertFile: `${folder}/both.pem`, tlsKeyFile: `${folder}/both.pem` };
      assertEquals((await readTlsFiles(both, NOW_MS))?.expiresAtMs, NOW_MS + 30 * 24 * 3_600_000);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

testWith(need, "files that are not there are told, both at once", async () => {
  const absent = { tlsCertFile: "no_such_cert.pem", tlsKeyFile: "no_such_key.pem" };
  const error = await assertRejects(() => readTlsFiles(absent, NOW_MS), ConfigError);
  assertMatch(
    error.message,
    /security\.tlsCertFile = no_such_cert\.pem \(file\): cannot be read: there is no such file/,
  );
  assertMatch(error.message, /security\.tlsKeyFile = no_such_key\.pem \(file\): cannot be read/);
});

testWith(need, "what is no certificate or no key is told, also where they were swapped", async () => {
  const { cert, key } = await makeCertificate({ nowMs: NOW_MS });
  for (const text of ["", "hello", pem("CERTIFICATE", [1, 2, 3]), cert.slice(0, 200)]) {
    const problems = await problemsOf(text, key);
    assertEquals(Object.keys(problems ?? {}), ["security.tlsCertFile"]);
    assertMatch(problems!["security.tlsCertFile"]!, /^holds no certificate in PEM/);
  }
  for (
    const text of ["", "hello", pem("PRIVATE KEY", [1, 2, 3]), key.slice(0, 100), pem("PUBLIC KEY", [1])]
  ) {
    const problems = await problemsOf(cert, text);
    assertEquals(Object.keys(problems ?? {}), ["security.tlsKeyFile"]);
    assertMatch(problems!["security.tlsKeyFile"]!, /^holds no private key in PEM/);
  }
  const swapped = await problemsOf(key, cert);
  assertMatch(swapped!["security.tlsCertFile"]!, /but a private key$/);
  assertMatch(swapped!["security.tlsKeyFile"]!, /but a certificate$/);
});

testWith(need, "a key of another certificate is told", async () => {
  const { cert } = await makeCertificate({ nowMs: NOW_MS });
  const { key } = await makeCertificate({ nowMs: NOW_MS });
  const problems = await problemsOf(cert, key);
  assertMatch(problems!["security.tlsKeyFile"]!, /^is not the key of the certificate in .*cert\.pem$/);
});

testWith(need, "a certificate that is over, or not yet begun, is refused with its date", async () => {
  const over = await makeCertificate({ nowMs: NOW_MS, fromMs: NOW_MS - 1e10, days: -1 });
  const problems = await problemsOf(over.cert, over.key);
  assertEquals(problems, { "security.tlsCertFile": "expired at 2030-01-09T00:00:00.000Z" });
  const early = await makeCertificate({ nowMs: NOW_MS, fromMs: NOW_MS + 1000 });
  const earlyProblems = await problemsOf(early.cert, early.key);
  assertMatch(earlyProblems!["security.tlsCertFile"]!, /^is not valid before 2030-01-10T00:00:01\.000Z/);
});

testWith(need, "a key under a password is refused with what to do", async () => {
  const { cert, key } = await makeCertificate({ nowMs: NOW_MS });
  const old = key.replace(
    "PRIVATE KEY-----\n",
    "EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n",
  );
  for (const encrypted of [pem("ENCRYPTED PRIVATE KEY", [1, 2, 3]), old]) {
    const problems = await problemsOf(cert, encrypted);
    assertMatch(problems!["security.tlsKeyFile"]!, /^is encrypted, .* \(openssl pkey -in/);
  }
});
