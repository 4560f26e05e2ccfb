import { type Config, isDevelopment } from "../config/mod.ts";

/** Who may use a server with this configuration, in one line for the person who starts it; no secret is in it. */
export function describeAccess(config: Config): string {
  if (isDevelopment(config)) {
    return "No authentication (development): whoever can reach this machine's own address may do everything";
  }
  const { apiKey, apiKeys, keysFile, jwtSecret, jwksFile, requireHmac } = config.security;
  const count = (apiKey === undefined ? 0 : 1) + apiKeys.length;
  const ways = [
    ...(count === 0 ? [] : [count === 1 ? "1 API key" : `${count} API keys`]),
    ...(keysFile === undefined ? [] : [`the keys of ${keysFile}`]),
    ...(jwtSecret === undefined ? [] : ["tokens (HS256)"]),
    ...(jwksFile === undefined ? [] : [`tokens signed by the keys of ${jwksFile}`]),
  ];
  const signed = requireHmac ? "; API keys must be signed (HMAC)" : "";
  return `Authentication is required: ${ways.join(", ")}${signed}. ${describeTls(config)}`;
}

function describeTls({ security }: Config): string {
  if (security.tlsCertFile !== undefined) return `TLS with ${security.tlsCertFile}`;
  return `TLS is left to the proxy (${security.trustProxy.join(", ")})`;
}
