import type { ConfigKey } from "./schema.ts";

/** A name of another program's environment that sets a setting here. */
export interface Alias {
  readonly name: string;
  readonly key: ConfigKey;
  /** What is done with the text, in a few words; empty if it is read as the setting itself is. */
  readonly note: string;
  /** Words for what it takes, where that differs from what the setting takes. */
  readonly allowed?: string;
  /** The text as the setting would be given; undefined if the alias does not take it. */
  readonly translate: (text: string) => string | undefined;
}

/** Letter case aside. What is not here is refused: an unknown word must never turn authentication off. */
const PRESET_OF: ReadonlyMap<string, string> = new Map([
  ["dev", "development"],
  ["development", "development"],
  ["staging", "production"],
  ["prod", "production"],
  ["production", "production"],
]);

/** Names that other servers of this kind are configured with, so that their environments work here. */
export const ALIASES: readonly Alias[] = [
  same("MFN_API_KEY", "security.apiKey"),
  same("MFN_API_KEYS", "security.apiKeys"),
  same("MFN_API_KEY_REQUIRED", "security.requireAuth"),
  {
    name: "MFN_ENV",
    key: "preset",
    note: "dev is development; staging and prod are production",
    allowed: `one of ${[...PRESET_OF.keys()].join(", ")}`,
    translate: (text) => PRESET_OF.get(text.trim().toLowerCase()),
  },
  same("MFN_CORS_ORIGINS", "security.allowedOrigins"),
  same("RATE_LIMIT_MAX_REQUESTS", "limits.httpRequests"),
  same("RATE_LIMIT_WINDOW_SECONDS", "limits.httpWindowSec"),
  same("MESSAGE_QUEUE_SIZE", "session.maxReliableMessages"),
  {
    name: "MESSAGE_RETRY_INTERVAL",
    key: "session.ackRetryMs",
    note: "in seconds",
    allowed: "a number of seconds from 0.01 to 600",
    translate: toMilliseconds,
  },
  same("METRICS_SAMPLE_SIZE", "session.latencySamples"),
  same("LATENCY_TRACKING_ENABLED", "session.trackLatency"),
];

/** What begins like this is meant for this server: an unknown name is refused. The others are known by whole name only. */
export const ALIAS_PREFIXES: readonly string[] = ["MFN_", "RATE_LIMIT_", "MESSAGE_"];

function same(name: string, key: ConfigKey): Alias {
  return { name, key, note: "", translate: (text) => text };
}

function toMilliseconds(text: string): string | undefined {
  if (!/^(?:\d+\.?\d*|\.\d+)$/.test(text.trim())) return undefined;
  // Decimal seconds are not exact in binary; what is left of a thousandth of a millisecond is such an error.
  return String(Math.round(Number(text) * 1e6) / 1e3);
}
