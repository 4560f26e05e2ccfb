import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { createLogger, type LoggerOptions } from "../../src/observe/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";

function collect(
  options: Partial<LoggerOptions>,
): { lines: string[]; logger: ReturnType<typeof createLogger> } {
  const lines: string[] = [];
  const write = (line: string) => lines.push(line);
  return {
    lines,
    logger: createLogger({ level: "debug", format: "text", write, clock: new ManualClock(0), ...options }),
  };
}

Deno.test("text format is time, level, event and fields on one line", () => {
  const { lines, logger } = collect({});
  logger.warn("queue is full", { queued: 8192, world: "main", reason: "two words", skipped: undefined });
  assertEquals(lines, [
    '1970-01-01T00:00:00.000Z WARN  queue is full queued=8192 world=main reason="two words"',
  ]);
});

Deno.test("json format is one object a line, and fields cannot replace time, level and event", () => {
  const { lines, logger } = collect({ format: "json" });
  logger.info("built", {
    ms: 1.5,
    event: "forged",
    level: "error",
    error: new TypeError("bad", { cause: new Error("deep") }),
  });
  assertEquals(JSON.parse(lines[0]!), {
    ms: 1.5,
    error: "TypeError: bad (cause: Error: deep)",
    time: "1970-01-01T00:00:00.000Z",
    level: "info",
    event: "built",
  });
});

Deno.test("events below the level are not written, and silent writes nothing", () => {
  const { lines, logger } = collect({ level: "warn" });
  logger.debug("a");
  logger.info("b");
  logger.warn("c");
  logger.error("d");
  assertEquals(lines.map((line) => line.split(" ").at(-1)), ["c", "d"]);
  const silent = collect({ level: "silent" });
  silent.logger.error("e");
  assertEquals(silent.lines, []);
});

Deno.test("secrets are masked by field name at any depth, and by value wherever they occur", () => {
  for (const format of ["text", "json"] as const) {
    const { lines, logger } = collect({ format, secrets: ["hunter22", ""] });
    logger.info("connecting with hunter22", {
      apiKey: "k-1",
      headers: { authorization: "Bearer k-2", list: [{ session_token: "k-3" }] },
      url: "http://x/?key=hunter22",
      error: new Error("refused hunter22"),
      "name hunter22": 1,
    });
    const text = lines.join("\n");
    for (const secret of ["k-1", "k-2", "k-3", "hunter22"]) {
      assert(!text.includes(secret), `${secret} in ${text}`);
    }
    assertMatch(text, /connecting with \*\*\*/);
  }
});

Deno.test("no value breaks the line or stops the logger", () => {
  const circular: Record<string, unknown> = {};
  circular["self"] = circular;
  const { lines, logger } = collect({});
  logger.info("odd", { circular, big: 10n, bytes: new Uint8Array(3), fn: spin, nan: NaN, nothing: null });
  assertMatch(lines[0]!, /big="?10"? bytes="Uint8Array\(3 bytes\)"/);
  fc.assert(fc.property(fc.string({ unit: "binary" }), fc.anything(), (event, value) => {
    for (const format of ["text", "json"] as const) {
      const sink = collect({ format });
      sink.logger.info(event, { value });
      assertEquals(sink.lines.length, 1);
      assert(!/[\n\r]/.test(sink.lines[0]!));
    }
  }));
});

function spin(): void {}
