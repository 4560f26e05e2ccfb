import { type Config, ConfigError, type ConfigKey, type ConfigProblem } from "../config/mod.ts";
import type { Logger } from "../observe/mod.ts";
import { type ApiKeyEntry, ApiKeys } from "./api_keys.ts";
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
}

/**
 * Reads keys, secrets and their files.
 * @throws {ConfigError} naming each setting, file and entry that is wrong, and what was expected
 */
export async function readCredentialSetup(
  { security }: Pick<Config, "security">,
  logger: Logger,
): Promise<CredentialSetup> {
  const problems = networkProblems(security.trustProxy);
  const entries = configKeys(security, problems);
  if (security.keysFile !== undefined) entries.push(...await readKeysFile(security.keysFile, logger));
  problems.push(...doubleProblems(entries));
  if (problems.length > 0) throw new ConfigError(problems);
  return { keys: new ApiKeys(entries), tokens: await readTokens(security) };
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

async function readTokens(security: Config["security"]): Promise<Tokens | undefined> {
  const { jwtSecret, jwksFile, jwtIssuer, jwtAudience } = security;
  if (jwtSecret === undefined && jwksFile === undefined) return undefined;
  if (jwtIssuer === undefined || jwtAudience === undefined) {
    const key = jwtIssuer === undefined ? "security.jwtIssuer" : "security.jwtAudience";
    throw new ConfigError([problem(key, "must be set where security.jwtSecret or security.jwksFile is")]);
  }
  const rule: TokenRule = { issuer: jwtIssuer, audience: jwtAudience, leewaySec: security.jwtLeewaySec };
  return await Tokens.create(rule, {
    ...(jwtSecret === undefined ? {} : { secret: jwtSecret }),
    ...(jwksFile === undefined ? {} : { jwks: await readJwks(jwksFile) }),
  });
}

function problem(key: ConfigKey, message: string): ConfigProblem {
  return { key, place: "security", message };
}
