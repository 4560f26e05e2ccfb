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

/** Forgets the key. */
export function forgetKey(): void {
  sessionStorage.removeItem(STORAGE_NAME);
}
