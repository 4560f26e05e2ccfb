import { ConfigError, type ConfigKey } from "../config/mod.ts";
import type { Clock } from "../observe/mod.ts";
import { isSubject, signToken, SUBJECT_WORDS } from "../security/mod.ts";
import { readDurationSec } from "./duration.ts";
import { type GrantOptions, grantText, readGrant } from "./grant_options.ts";
import type { CliIo } from "./io.ts";
import { loadOfflineSettings } from "./load_settings.ts";
import { UsageError } from "./usage_error.ts";

/** `token`, as it stands on the command line. */
export interface TokenOptions extends GrantOptions {
  readonly subject: string;
  readonly ttl: string;
  readonly config?: string;
}

/**
 * Prints a token that a server with the same settings takes: the token alone on standard output, what it says on standard
 * error.
 * @throws {UsageError} for an option, {ConfigError} for a setting that is wrong or missing
 */
export async function runToken(given: TokenOptions, io: CliIo, clock: Pick<Clock, "now">): Promise<void> {
  const { subject } = given;
  if (!isSubject(subject)) throw new UsageError(`--subject must be ${SUBJECT_WORDS}`);
  const grant = readGrant(given);
  const ttlSec = readDurationSec(given.ttl, "--ttl");
  const { jwtSecret, jwtIssuer, jwtAudience } = (await loadOfflineSettings(given.config)).security;
  if (jwtSecret === undefined) {
    throw missing("security.jwtSecret", "must be set to sign tokens: 32 to 4096 characters");
  }
  if (jwtIssuer === undefined) throw missing("security.jwtIssuer", "must be set: what tokens have as iss");
  if (jwtAudience === undefined) {
    throw missing("security.jwtAudience", "must be set: what tokens have as aud");
  }
  const issuedAtMs = clock.now();
  const token = await signToken(jwtSecret, {
    subject,
    role: grant.role,
    worlds: grant.worlds === "all" ? "all" : [...grant.worlds],
    issuer: jwtIssuer,
    audience: jwtAudience,
    issuedAtMs,
    ttlSec,
  });
  io.out(`${token}\n`);
  io.error(
    `Token for ${subject}: ${grantText(grant)}, until ${
      new Date(issuedAtMs + ttlSec * 1000).toISOString()
    }\n`,
  );
}

function missing(key: ConfigKey, message: string): ConfigError {
  return new ConfigError([{ key, place: "default", message }]);
}
