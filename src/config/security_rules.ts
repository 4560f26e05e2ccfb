import { CREDENTIAL_KEYS, hasApiKeys, hasTokens, isDevelopment } from "./credentials.ts";
import { FIELD_BY_KEY } from "./fields.ts";
import { isLoopback, isLoopbackNetwork } from "./loopback.ts";
import { isEverybody } from "./text_forms.ts";
import type { Rule } from "./rule.ts";
import type { Config, ConfigKey } from "./schema.ts";

const ANY_CREDENTIAL = "security.apiKey, apiKeys, keysFile, jwtSecret or jwksFile";
const KEYS = ["security.apiKey", "security.apiKeys", "security.keysFile"] as const;
const TRUST_PROXY = FIELD_BY_KEY.get("security.trustProxy")!;
const TLS = ["security.tlsCertFile", "security.tlsKeyFile"] as const;

/** Who may come in, and over what: nothing here may be guessed, so what does not fit together does not start. */
export const SECURITY_RULES: readonly Rule[] = [
  {
    keys: ["host", ...CREDENTIAL_KEYS],
    holds: (config) => isLoopback(config.host) || !isDevelopment(config),
    message: () =>
      `must be a loopback address (127.0.0.1, ::1, localhost) as long as there is no credential (${ANY_CREDENTIAL})`,
  },
  {
    keys: ["security.trustProxy", ...CREDENTIAL_KEYS],
    holds: (config) => config.security.trustProxy.length === 0 || !isDevelopment(config),
    message: () =>
      `must be empty as long as there is no credential (${ANY_CREDENTIAL}): everybody whom the proxy lets through could ` +
      "do everything",
  },
  {
    keys: ["security.trustProxy"],
    holds: ({ security }) => !security.trustProxy.some(isEverybody),
    message: () =>
      "must not be all addresses (0.0.0.0/0, ::/0): everybody could write in X-Forwarded-For from where they come, and no " +
      "limit or lock-out by address would hold",
  },
  {
    keys: ["security.apiKey", "preset", ...CREDENTIAL_KEYS],
    holds: (config) => config.preset !== "production" || !isDevelopment(config),
    message: () =>
      "must be set in the preset production, or another credential: security.apiKeys, keysFile, jwtSecret or jwksFile",
  },
  {
    keys: ["security.requireAuth", ...CREDENTIAL_KEYS],
    holds: (config) => !config.security.requireAuth || !isDevelopment(config),
    message: () => `needs a credential: ${ANY_CREDENTIAL}`,
  },
  {
    keys: ["security.requireAuth", ...CREDENTIAL_KEYS],
    holds: (config, isGiven) =>
      config.security.requireAuth || !isGiven("security.requireAuth") || isDevelopment(config),
    message: (config) =>
      `contradicts ${
        credentialsOf(config).join(" and ")
      }: with a credential authentication is always required`,
  },
  {
    keys: ["security.tlsCertFile", "security.tlsKeyFile", "security.trustProxy", ...CREDENTIAL_KEYS],
    holds: (config) => isDevelopment(config) || isEncrypted(config),
    message: (config) =>
      `must be set with security.tlsKeyFile, so that ${
        credentialsOf(config).join(" and ")
      } cannot be read on the way; ` +
      "or, where a proxy ends TLS, security.trustProxy must name its address " +
      `(to try things out on one machine: ${TRUST_PROXY.variable}=127.0.0.1 or ${TRUST_PROXY.flag} 127.0.0.1)`,
  },
  {
    keys: ["host", "security.trustProxy", ...TLS, ...CREDENTIAL_KEYS],
    holds: (config) =>
      isLoopback(config.host) || isDevelopment(config) || !isEncrypted(config) || !onlyOwnProxy(config),
    message: () =>
      "must be a loopback address as long as there is no TLS and every proxy in security.trustProxy is on this machine: " +
      "others would reach the server past the proxy, with credentials that can be read on the way",
  },
  {
    keys: ["security.tlsCertFile", "security.tlsKeyFile"],
    holds: ({ security }) => security.tlsCertFile !== undefined || security.tlsKeyFile === undefined,
    message: () => "must be set together with security.tlsKeyFile",
  },
  {
    keys: ["security.tlsKeyFile", "security.tlsCertFile"],
    holds: ({ security }) => security.tlsKeyFile !== undefined || security.tlsCertFile === undefined,
    message: () => "must be set together with security.tlsCertFile",
  },
  {
    keys: ["security.jwtIssuer", "security.jwtSecret", "security.jwksFile"],
    holds: (config) => config.security.jwtIssuer !== undefined || !hasTokens(config),
    message: () => "must be set together with security.jwtSecret or security.jwksFile",
  },
  {
    keys: ["security.jwtAudience", "security.jwtSecret", "security.jwksFile"],
    holds: (config) => config.security.jwtAudience !== undefined || !hasTokens(config),
    message: () => "must be set together with security.jwtSecret or security.jwksFile",
  },
  {
    keys: ["security.requireHmac", ...KEYS],
    holds: (config) => !config.security.requireHmac || hasApiKeys(config),
    message: () => "needs API keys: security.apiKey, apiKeys or keysFile",
  },
];

/** Half of a TLS pair counts: it is a problem of its own, and one is enough. */
function isEncrypted({ security }: Config): boolean {
  return hasTlsFile(security) || security.trustProxy.length > 0;
}

function hasTlsFile({ tlsCertFile, tlsKeyFile }: Config["security"]): boolean {
  return tlsCertFile !== undefined || tlsKeyFile !== undefined;
}

function onlyOwnProxy({ security }: Config): boolean {
  return !hasTlsFile(security) && security.trustProxy.every(isLoopbackNetwork);
}

function credentialsOf({ security }: Config): ConfigKey[] {
  return CREDENTIAL_KEYS.filter((key) => {
    const value = security[key.slice("security.".length) as keyof Config["security"]];
    return Array.isArray(value) ? value.length > 0 : value !== undefined;
  });
}
