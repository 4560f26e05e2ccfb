import type { Config } from "../config/mod.ts";
import type { JsonBounds } from "../protocol/mod.ts";

/** What a JSON body may be like at most. */
export interface JsonRule extends JsonBounds {
  readonly maxBytes: number;
}

/** What of the configuration bounds JSON bodies; of the two sizes the lower one holds. */
export interface JsonConfig {
  readonly http: Pick<Config["http"], "maxBodyBytes" | "maxJsonBytes" | "maxJsonValues">;
  readonly limits: Pick<Config["limits"], "maxJsonDepth" | "maxJsonValues">;
}

/** A body that names one thing: some fifty times as long as one that makes sense. */
const SMALL_BYTES = 4096;

/** For edits of many things in one body. */
export function editRule({ http, limits }: JsonConfig): JsonRule {
  const { maxJsonValues } = http;
  return { maxBytes: maxBytesOf(http), maxJsonDepth: limits.maxJsonDepth, maxJsonValues };
}

/** For a body about one thing that carries data of its own. */
export function plainRule({ http, limits }: JsonConfig): JsonRule {
  const { maxJsonDepth, maxJsonValues } = limits;
  return { maxBytes: maxBytesOf(http), maxJsonDepth, maxJsonValues };
}

/** For a body of a few fields, which may be read for somebody who can only look. */
export function smallRule(config: JsonConfig): JsonRule {
  const rule = plainRule(config);
  return { ...rule, maxBytes: Math.min(rule.maxBytes, SMALL_BYTES) };
}

function maxBytesOf({ maxBodyBytes, maxJsonBytes }: JsonConfig["http"]): number {
  return Math.min(maxBodyBytes, maxJsonBytes);
}
