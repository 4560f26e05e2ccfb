import { assert, assertEquals } from "@std/assert";
import { describeConfig, FIELDS } from "../../src/config/mod.ts";
import { LIMIT_EFFECTS } from "../../src/config/limit_effects.ts";
import { CLOSE_CODES, type ErrorCode, ERRORS } from "../../src/protocol/mod.ts";

/** Settings that bound something by their name, or stand among the limits. */
function isLimit(key: string): boolean {
  const name = key.slice(key.indexOf(".") + 1);
  return /^max[A-Z]|Timeout(Ms|Sec)$|Requests$|PerSecond$/.test(name);
}

/** Bounds of something else than load: the lengths of pauses, the shape of worlds. */
const NO_LIMITS = ["streaming.maxLodLevel", "gpu.maxPauseMs", "trace.maxPauseMs"];

Deno.test("every limit says what becomes of those who reach it", () => {
  const without = FIELDS.map(({ key }) => key).filter((key) =>
    isLimit(key) && !NO_LIMITS.includes(key) && LIMIT_EFFECTS[key] === undefined
  );
  assertEquals(without, []);
});

Deno.test("what is told of limits is in the catalogues of errors and close codes, with the same numbers", () => {
  const closeCodes = new Set<number>(Object.values(CLOSE_CODES).map(({ code }) => code));
  for (const [key, { code, status, close, text }] of Object.entries(LIMIT_EFFECTS)) {
    assert(FIELDS.some((field) => field.key === key), `${key} is no setting`);
    assert(text.length > 3 && !text.endsWith(".") && !text.includes("|"), key);
    if (close !== undefined) assert(closeCodes.has(close), `${key}: nothing closes with ${close}`);
    if (code === undefined) continue;
    const entry = ERRORS[code as ErrorCode];
    assert(entry !== undefined, `${key}: there is no error ${code}`);
    if (status !== undefined) assertEquals(entry.httpStatus, status, key);
    if (close !== undefined && entry.closeCode !== undefined) assertEquals(entry.closeCode, close, key);
  }
});

Deno.test("the settings a limit's text speaks of are there", () => {
  const known = new Set<string>(FIELDS.map(({ key }) => key));
  for (const { text } of Object.values(LIMIT_EFFECTS)) {
    for (const [, key] of text.matchAll(/`([a-z]+\.\w+)`/g)) assert(known.has(key!), key);
  }
});

Deno.test("the page has one table of limits, with a row for each", () => {
  const [, section] = describeConfig().split("## All limits\n");
  const rows = section!.split("\n").filter((line) => line.startsWith("| `"));
  assertEquals(rows.map((line) => line.split("`")[1]), Object.keys(LIMIT_EFFECTS));
});
