/** Where the key lives: as long as the tab, so that a reload need not ask again. */
const STORAGE_NAME = "voxcast.api-key";

/** The key that the person gave, or undefined. */
export function storedKey(): string | undefined {
  return sessionStorage.getItem(STORAGE_NAME) ?? undefined;
}

/** Keeps a key for this tab. */
export function storeKey(key: string): void {
  sessionStorage.setItem(STORAGE_NAME, key);
}

/** Headers of a REST request with this key. */
export function keyHeaders(key: string | undefined): Record<string, string> {
  return key === undefined ? {} : { authorization: `Bearer ${key}` };
}

/** Subprotocols of a WebSocket with this key: a browser can set no headers on one. */
export function keySubprotocols(key: string | undefined): string[] {
  if (key === undefined) return [];
  const binary = Array.from(new TextEncoder().encode(key), (byte) => String.fromCharCode(byte)).join("");
  const base64url = btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  return ["voxcast", `voxcast.key.${base64url}`];
}
