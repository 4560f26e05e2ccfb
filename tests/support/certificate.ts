/** A fresh certificate for this machine's own names, with its key: nothing that could run out or be taken for a secret is kept. */

/** Both in PEM. The certificate is its own root: clients trust it by being given it. */
export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

const DAY_MS = 24 * 3_600_000;
/** Object identifiers in DER: ecdsa-with-SHA256, commonName, subjectAltName, basicConstraints. */
const ECDSA_SHA256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const COMMON_NAME = [0x55, 0x04, 0x03];
const ALT_NAME = [0x55, 0x1d, 0x11];
const BASIC_CONSTRAINTS = [0x55, 0x1d, 0x13];
const TRUE = [0x01, 0x01, 0xff];

/**
 * Makes a key (P-256) and a certificate of it for `localhost` and 127.0.0.1 (RFC 5280), valid from a day before `nowMs` for
 * `days` days; a negative number gives one that is over. With `isAuthority` it says that it signs others (CA:TRUE), as
 * `openssl req -x509` makes them by default.
 */
export async function makeCertificate(
  { nowMs = Date.now(), fromMs = nowMs - DAY_MS, days = 365, isAuthority = false }: {
    readonly nowMs?: number;
    readonly fromMs?: number;
    readonly days?: number;
    readonly isAuthority?: boolean;
  } = {},
): Promise<TestCertificate> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const { privateKey, publicKey } = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const publicInfo = [...new Uint8Array(await crypto.subtle.exportKey("spki", publicKey))];
  const signing = der(0x30, der(0x06, ECDSA_SHA256));
  const name = der(0x30, der(0x31, der(0x30, [...der(0x06, COMMON_NAME), ...der(0x0c, ascii("localhost"))])));
  const altNames = der(0x30, [...der(0x82, ascii("localhost")), ...der(0x87, [127, 0, 0, 1])]);
  const constraints = der(0x30, [
    ...der(0x06, BASIC_CONSTRAINTS),
    ...TRUE, // critical
    ...der(0x04, der(0x30, TRUE)),
  ]);
  const body = der(0x30, [
    ...der(0xa0, der(0x02, [2])), // version 3
    ...der(0x02, [1, ...crypto.getRandomValues(new Uint8Array(8))]), // serial number
    ...signing,
    ...name, // issuer
    ...der(0x30, [...time(fromMs), ...time(nowMs + days * DAY_MS)]),
    ...name, // subject
    ...publicInfo,
    ...der(
      0xa3,
      der(0x30, [
        ...der(0x30, [...der(0x06, ALT_NAME), ...der(0x04, altNames)]),
        ...(isAuthority ? constraints : []),
      ]),
    ),
  ]);
  const hashed = { name: "ECDSA", hash: "SHA-256" };
  const signature = new Uint8Array(await crypto.subtle.sign(hashed, privateKey, new Uint8Array(body)));
  const pair = der(0x30, [...unsigned(signature.subarray(0, 32)), ...unsigned(signature.subarray(32))]);
  const cert = der(0x30, [...body, ...signing, ...der(0x03, [0, ...pair])]);
  const key = [...new Uint8Array(await crypto.subtle.exportKey("pkcs8", privateKey))];
  return { cert: pem("CERTIFICATE", cert), key: pem("PRIVATE KEY", key) };
}

/** Bytes as a block of PEM. */
export function pem(label: string, bytes: readonly number[]): string {
  const lines = btoa(String.fromCharCode(...bytes)).match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

/** Tag, length, value. */
function der(tag: number, value: readonly number[]): number[] {
  const { length } = value;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return [tag, ...size, ...value];
}

/** A positive whole number: no zeros in front but the one that keeps the sign. */
function unsigned(bytes: Uint8Array): number[] {
  const digits = [...bytes].slice(bytes.findIndex((byte) => byte !== 0));
  return der(0x02, digits[0]! >= 0x80 ? [0, ...digits] : digits);
}

/** Two digits of the year, so up to 2049. */
function time(ms: number): number[] {
  const digits = new Date(ms).toISOString().replace(/\D/g, "").slice(2, 14);
  return der(0x17, ascii(`${digits}Z`));
}

function ascii(text: string): number[] {
  return [...new TextEncoder().encode(text)];
}
