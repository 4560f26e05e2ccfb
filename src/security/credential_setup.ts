import { type Config, ConfigError, type ConfigKey, type ConfigProblem } from "../config/mod.ts";
import type { Logger } from "../observe/mod.ts";
import type { JSONWebKeySet } from "jose";
import { type ApiKeyEntry, ApiKeys, isSameKey } from "./api_keys.ts";
import { parseIpNetwork } from "./ip_address.ts";
import { readKeysFile } from "./keys_file.ts";
import { sha256 } from "./sha256.ts";
import { type TokenRule, Tokens } from "./tokens.ts";
import { readJwks } from "./jwks_file.ts";

const HASHED_PREFIX = "sha256:";

/** Everything that credentials are compared with. */
export interface CredentialSetup {
  readonly keys: ApiKeys;
  /** Absent if no tokens are taken. */
  readonly tokens: Tokens | undefined;
  /** The public keys of tokens; absent if none are set up. */
  readonly keySet: KeySet | undefined;
  /** What principals may refer to as their `proof`. */
  readonly proofs: ReadonlySet<symbol>;
}

/** A set of public keys. */
interface KeySet {
  readonly jwks: JSONWebKeySet;
  /** For tokens that name no key: stays as it is while keys are only added. */
  readonly proof: symbol;
  /** For tokens that name theirs, by `kid`, which no two keys share: each stays as long as its key does. */
  readonly proofs: ReadonlyMap<string, symbol>;
}

/**
 * Reads keys, secrets and their files.
 * @param before what was read before: what is still the same keeps its proof
 * @throws {ConfigError} naming each setting, file and entry that is wrong, and what was expected
 */
export async function readCredentialSetup(
  { security }: Pick<Config, "security">,
  logger: Logger,
  before?: CredentialSetup,
): Promise<CredentialSetup> {
  const problems = networkProblems(security.trustProxy);
  const entries = configKeys(security, problems);
  if (security.keysFile !== undefined) {
    for (const entry of await readKeysFile(security.keysFile, logger)) {
      entries.push({ ...entry, proof: proofOf(entry, before?.keys) });
    }
  }
  problems.push(...doubleProblems(entries));
  if (problems.length > 0) throw new ConfigError(problems);
  const keySet = await readKeySet(security, before?.keySet);
  const keys = new ApiKeys(entries);
  const proofs = new Set([
    ...keys.proofs,
    ...(keySet === undefined ? [] : [keySet.proof, ...keySet.proofs.values()]),
  ]);
  return { keys, tokens: await readTokens(security, keySet), keySet, proofs };
}

function proofOf(entry: ApiKeyEntry, before: ApiKeys | undefined): symbol {
  const old = before?.byId(entry.id);
  return old?.proof !== undefined && isSameKey(old, entry) ? old.proof : Symbol(entry.id);
}

async function readKeySet(
  { jwksFile }: Config["security"],
  before: KeySet | undefined,
): Promise<KeySet | undefined> {
  if (jwksFile === undefined) return undefined;
  const jwks = await readJwks(jwksFile);
  const present = new Set(jwks.keys.map((key) => JSON.stringify(key)));
  const hasAll = before?.jwks.keys.every((key) => present.has(JSON.stringify(key))) ?? false;
  const stayed = new Set(before?.jwks.keys.map((key) => JSON.stringify(key)));
  const proofs = new Map<string, symbol>();
  for (const key of jwks.keys) {
    if (key.kid === undefined) continue;
    const old = stayed.has(JSON.stringify(key)) ? before?.proofs.get(key.kid) : undefined;
    proofs.set(key.kid, old ?? Symbol(key.kid));
  }
  return { jwks, proof: hasAll ? before!.proof : Symbol("jwks"), proofs };
}

function configKeys({ apiKey, apiKeys }: Config["security"], problems: ConfigProblem[]): ApiKeyEntry[] {
  const given: [string, ConfigKey, string][] = apiKeys.map((
    key,
    i,
  ) => [`config-${i + 1}`, "security.apiKeys", key]);
  if (apiKey !== undefined) given.unshift(["config", "security.apiKey", apiKey]);
  const entries: ApiKeyEntry[] = [];
  for (const [id, setting, key] of given) {
    const hash = hashOf(key);
    if (hash !== undefined) entries.push({ id, role: "owner", worlds: "all", hash });
    else {problems.push(
        problem(setting, `key ${id} begins with ${HASHED_PREFIX}, so 64 hexadecimal digits must follow`),
      );}
  }
  return entries;
}

/** The hash of a configured key, which is given plain or as `sha256:<hex>`. */
function hashOf(key: string): Uint8Array | undefined {
  if (!key.startsWith(HASHED_PREFIX)) return sha256(key);
  const hex = key.slice(HASHED_PREFIX.length);
  return /^[0-9a-f]{64}$/i.test(hex) ? Uint8Array.fromHex(hex) : undefined;
}

/** Two entries with one id or one key: which of them would hold? */
function doubleProblems(entries: readonly ApiKeyEntry[]): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const ids = new Set<string>();
  const idOfHash = new Map<string, string>();
  for (const { id, hash } of entries) {
    const hex = hash.toHex();
    if (ids.has(id)) {
      problems.push(
        problem("security.keysFile", `has the id ${id} twice, or it is one of the configuration's`),
      );
    }
    const other = idOfHash.get(hex);
    if (other !== undefined) {
      problems.push(problem("security.keysFile", `key ${id} is the same key as ${other}`));
    }
    ids.add(id);
    idOfHash.set(hex, id);
  }
  return problems;
}

function networkProblems(trustProxy: readonly string[]): ConfigProblem[] {
  return trustProxy.filter((text) => parseIpNetwork(text) === undefined).map((text) =>
    problem("security.trustProxy", `${text} is no IP address and no network such as 10.0.0.0/8`)
  );
}

async function readTokens(
  security: Config["security"],
  keySet: KeySet | undefined,
): Promise<Tokens | undefined> {
  const { jwtSecret, jwtIssuer, jwtAudience } = security;
  if (jwtSecret === undefined && keySet === undefined) return undefined;
  if (jwtIssuer === undefined || jwtAudience === undefined) {
    const key = jwtIssuer === undefined ? "security.jwtIssuer" : "security.jwtAudience";
    throw new ConfigError([problem(key, "must be set where security.jwtSecret or security.jwksFile is")]);
  }
  const rule: TokenRule = { issuer: jwtIssuer, audience: jwtAudience, leewaySec: security.jwtLeewaySec };
  return await Tokens.create(rule, {
    ...(jwtSecret === undefined ? {} : { secret: jwtSecret }),
    ...(keySet === undefined ? {} : {
      jwks: keySet.jwks,
      proofOf: (kid) => (kid === undefined ? undefined : keySet.proofs.get(kid)) ?? keySet.proof,
    }),
  });
}

function problem(key: ConfigKey, message: string): ConfigProblem {
  return { key, place: "security", message };
}
