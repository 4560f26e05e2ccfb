import type { Principal, Role } from "../../src/security/mod.ts";

/** A principal for a test: of a role, for all worlds or for some. */
export function principal(role: Role, worlds: "all" | readonly string[] = "all"): Principal {
  const scope = worlds === "all" ? "all" : new Set(worlds);
  return { id: `key:${role}`, method: "api-key", role, worlds: scope };
}

/** The header that shows a key. */
export function bearer(key: string): Record<string, string> {
  return { authorization: `Bearer ${key}` };
}

/** The headers of an upgrade. */
export const UPGRADE: Readonly<Record<string, string>> = {
  upgrade: "websocket",
  connection: "Upgrade",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};
