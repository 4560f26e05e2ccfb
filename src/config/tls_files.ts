import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { ConfigError, type ConfigProblem } from "./config_error.ts";
import { readProblem } from "./config_file.ts";
import type { Config } from "./schema.ts";

/** What a listener needs to speak TLS, both in PEM. */
export interface TlsFiles {
  /** The server's certificate first, then those between it and a root; nothing else of the file. */
  readonly cert: string;
  readonly key: string;
  /** When the server's certificate ends, in ms since 1970. */
  readonly expiresAtMs: number;
}

/** A pair of texts that was read, and where each came from. */
interface Pair {
  readonly cert: string;
  readonly certFile: string;
  readonly key: string;
  readonly keyFile: string;
}

/** A private key under a password: PKCS #8, or the older form with its own header. */
const ENCRYPTED_KEY = /^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: *4,ENCRYPTED/m;
/** Files often hold more than what is looked for: words in front, parameters, the other one of the pair. */
const CERTIFICATES = /^-----BEGIN CERTIFICATE-----$[^-]+^-----END CERTIFICATE-----$/gm;
const PRIVATE_KEY = /^-----BEGIN ((?:[A-Z]+ )?PRIVATE KEY)-----$[^-]+^-----END \1-----$/m;

/**
 * Reads the certificate and its key, and looks at them before anything listens: they must be PEM, belong together, and be
 * valid at `nowMs`. Undefined if the configuration has none.
 *
 * @throws ConfigError listing what is wrong with each; neither file is ever quoted
 */
export async function readTlsFiles(
  { tlsCertFile, tlsKeyFile }: Pick<Config["security"], "tlsCertFile" | "tlsKeyFile">,
  nowMs: number,
): Promise<TlsFiles | undefined> {
  if (tlsCertFile === undefined || tlsKeyFile === undefined) return undefined;
  const problems: ConfigProblem[] = [];
  const cert = await readPem("security.tlsCertFile", tlsCertFile, problems);
  const key = await readPem("security.tlsKeyFile", tlsKeyFile, problems);
  if (cert === undefined || key === undefined) throw new ConfigError(problems);

  const pair: Pair = { cert, certFile: tlsCertFile, key, keyFile: tlsKeyFile };
  const chain = findCertificates(pair, problems);
  const privateKey = findKey(pair, problems);
  if (chain !== undefined) checkDates(pair, chain.first, nowMs, problems);
  if (chain !== undefined && privateKey !== undefined && !chain.first.checkPrivateKey(privateKey.key)) {
    problems.push(keyProblem(pair, `is not the key of the certificate in ${tlsCertFile}`));
  }
  if (chain === undefined || privateKey === undefined || problems.length > 0) throw new ConfigError(problems);
  return { cert: chain.text, key: privateKey.text, expiresAtMs: Date.parse(chain.first.validTo) };
}

async function readPem(
  key: ConfigProblem["key"],
  path: string,
  problems: ConfigProblem[],
): Promise<string | undefined> {
  try {
    return (await Deno.readTextFile(path)).replaceAll("\r\n", "\n");
  } catch (error) {
    problems.push({ key, place: "file", value: path, message: `cannot be read: ${readProblem(error)}` });
    return undefined;
  }
}

function findCertificates(
  pair: Pair,
  problems: ConfigProblem[],
): { readonly text: string; readonly first: X509Certificate } | undefined {
  const blocks = pair.cert.match(CERTIFICATES) ?? [];
  const parsed = attempt(() => blocks.map((block) => new X509Certificate(block)));
  const first = parsed?.[0];
  if (first !== undefined) return { text: `${blocks.join("\n")}\n`, first };
  const message = "holds no certificate in PEM (-----BEGIN CERTIFICATE-----)";
  problems.push(
    certificateProblem(pair, PRIVATE_KEY.test(pair.cert) ? `${message} but a private key` : message),
  );
  return undefined;
}

function checkDates(
  pair: Pair,
  { validFrom, validTo }: X509Certificate,
  nowMs: number,
  problems: ConfigProblem[],
): void {
  if (nowMs > Date.parse(validTo)) problems.push(certificateProblem(pair, `expired at ${dateText(validTo)}`));
  if (nowMs < Date.parse(validFrom)) {
    problems.push(
      certificateProblem(pair, `is not valid before ${dateText(validFrom)}; look at the machine's clock`),
    );
  }
}

function findKey(
  pair: Pair,
  problems: ConfigProblem[],
): { readonly text: string; readonly key: KeyObject } | undefined {
  if (ENCRYPTED_KEY.test(pair.key)) {
    const message = "is encrypted, and there is nobody to ask for its password; " +
      "write it without one (openssl pkey -in FILE -out NEW_FILE) where only the server's user can read it";
    problems.push(keyProblem(pair, message));
    return undefined;
  }
  const block = PRIVATE_KEY.exec(pair.key)?.[0];
  const key = block === undefined ? undefined : attempt(() => createPrivateKey(block));
  if (block !== undefined && key !== undefined) return { text: `${block}\n`, key };
  const message = "holds no private key in PEM (-----BEGIN PRIVATE KEY-----)";
  problems.push(
    keyProblem(pair, pair.key.match(CERTIFICATES) === null ? message : `${message} but a certificate`),
  );
  return undefined;
}

/** The parsers' own words are those of their library ("BER error") and help nobody. */
function attempt<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}

function certificateProblem({ certFile }: Pair, message: string): ConfigProblem {
  return { key: "security.tlsCertFile", place: "file", value: certFile, message };
}

function keyProblem({ keyFile }: Pair, message: string): ConfigProblem {
  return { key: "security.tlsKeyFile", place: "file", value: keyFile, message };
}

function dateText(date: string): string {
  return new Date(date).toISOString();
}
