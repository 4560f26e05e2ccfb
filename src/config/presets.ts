import type { PartialConfig, PresetName } from "./schema.ts";

/** Values that a preset puts in place of the defaults. File, environment and flags still win over them. */
export const PRESET_VALUES: Readonly<Record<PresetName, PartialConfig>> = {
  /** A person's own machine: no key, loopback only, all details shown. */
  development: { security: { redactSensitiveInfo: false } },
  /** Needs security.apiKey. */
  production: { security: { redactSensitiveInfo: true }, log: { format: "json" } },
  /** Small limits, so that tests reach them, and a free port. */
  testing: {
    port: 0,
    regionLevel: 2,
    maxEntitiesPerRegion: 1000,
    security: { redactSensitiveInfo: false },
    cache: { maxCacheMemoryBytes: 16_777_216 },
    build: { backend: "cpu", buildPoolSize: 2 },
    limits: { messagesPerSecond: 1000 },
    streaming: { maxClientsPerServer: 10, maxPendingSendsPerClient: 10, maxMessageSizeBytes: 4096 },
    performance: { regionCacheTtlMs: 5000 },
    log: { level: "warn" },
  },
};
