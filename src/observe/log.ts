import type { Clock } from "./clock.ts";

/** Levels from the most to the least talkative; `silent` lets nothing through. */
export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ["text", "json"] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export type LogFields = Readonly<Record<string, unknown>>;

/** Structured log: `event` is a short constant phrase, everything that varies goes into `fields`. */
export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

export interface LoggerOptions {
  /** Events below this level are not written. */
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Takes one line without its line end. */
  readonly write: (line: string) => void;
  readonly clock: Pick<Clock, "now">;
  /** Values (keys, passwords) that never appear in a line, whatever field or text they ride in. */
  readonly secrets?: readonly string[];
}

const SECRET_FIELD = /api_?key|authorization|cookie|password|secret|token|credential/i;
const MASK = "***";
const MAX_DEPTH = 4;
/**
 * Characters that would move the cursor, turn the line around or not be seen at all: controls, format characters (among
 * them the bidirectional ones), line and paragraph separators. Lone surrogates belong to them, as no file can hold one.
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * A logger that writes one line an event: `json` for machines, `text` (`time LEVEL event key=value`) for people.
 * Fields whose name speaks of a credential, and the given `secrets` wherever they occur, are written as `***`.
 * Control characters, bidirectional ones and others that are not seen are escaped as in JSON, so a client can neither
 * forge a line nor make one look like another.
 */
export function createLogger(options: LoggerOptions): Logger {
  const threshold = LOG_LEVELS.indexOf(options.level);
  const secrets = (options.secrets ?? []).filter((secret) => secret.length > 0);
  const format = options.format === "json" ? formatJson : formatText;

  function log(level: LogLevel, event: string, fields: LogFields = {}): void {
    if (LOG_LEVELS.indexOf(level) < threshold) return;
    const time = new Date(options.clock.now()).toISOString();
    const line = format(time, level, hide(event, secrets), mask(fields, secrets));
    options.write(line.replaceAll(INVISIBLE, escapeJson));
  }
  return {
    debug: (event, fields) => log("debug", event, fields),
    info: (event, fields) => log("info", event, fields),
    warn: (event, fields) => log("warn", event, fields),
    error: (event, fields) => log("error", event, fields),
  };
}

function ignore(): void {}

/** Writes nothing; for tests and library use. */
export const silentLogger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };

function formatJson(time: string, level: LogLevel, event: string, fields: Record<string, unknown>): string {
  return JSON.stringify({ ...fields, time, level, event });
}

function formatText(time: string, level: LogLevel, event: string, fields: Record<string, unknown>): string {
  let line = `${time} ${level.toUpperCase().padEnd(5)} ${event}`;
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) line += ` ${name}=${textValue(value)}`;
  }
  return line;
}

function textValue(value: unknown): string {
  if (typeof value === "string") return /^[\w.:/@+-]+$/.test(value) ? value : JSON.stringify(value);
  return JSON.stringify(value) ?? String(value);
}

/** In the units of UTF-16, as JSON has it: the line of a JSON log stays JSON, and reads back as it was. */
function escapeJson(character: string): string {
  return character.split("").map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
}

function hide(text: string, secrets: readonly string[]): string {
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, MASK), text);
}

function mask(fields: LogFields, secrets: readonly string[]): Record<string, unknown> {
  const out = emptyFields();
  for (const [name, value] of Object.entries(fields)) {
    out[hide(name, secrets)] = SECRET_FIELD.test(name) ? MASK : maskValue(value, secrets, 0);
  }
  return out;
}

function maskValue(value: unknown, secrets: readonly string[], depth: number): unknown {
  if (typeof value === "string") return hide(value, secrets);
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "function" || typeof value === "symbol") return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Error) return hide(describeError(value), secrets);
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${value.byteLength} bytes)`;
  if (depth >= MAX_DEPTH) return "...";
  if (Array.isArray(value)) return value.map((item) => maskValue(item, secrets, depth + 1));
  const out = emptyFields();
  for (const [name, item] of Object.entries(value)) {
    out[hide(name, secrets)] = SECRET_FIELD.test(name) ? MASK : maskValue(item, secrets, depth + 1);
  }
  return out;
}

/** Without a prototype, so that `__proto__` is a name like any other. */
function emptyFields(): Record<string, unknown> {
  return Object.create(null);
}

function describeError(error: Error): string {
  const cause = error.cause instanceof Error ? ` (cause: ${describeError(error.cause)})` : "";
  return `${error.name}: ${error.message}${cause}`;
}
