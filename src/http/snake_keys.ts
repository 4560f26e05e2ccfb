import { shortNumber } from "./short_number.ts";

/** The same tree with its names in snake_case, as the socket side writes them, and its numbers short. */
export function snakeKeys(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).map(([key, value]) => [
      snakeName(key),
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? snakeKeys(value as Readonly<Record<string, unknown>>)
        : typeof value === "number"
        ? shortNumber(value)
        : value,
    ]),
  );
}

/** `messagesIn` as `messages_in`, `p99` as it is. */
export function snakeName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replaceAll("-", "_");
}
