import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { createLogger, type LoggerOptions } from "../../src/observe/mod.ts";
import { anyText } from "../support/any_text.ts";
import { INVISIBLE, UNSEEN_TEXTS } from "../support/hostile_text.ts";
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
  fc.assert(fc.property(anyText(), fc.anything(), (event, value) => {
    for (const format of ["text", "json"] as const) {
      const sink = collect({ format });
      sink.logger.info(event, { value });
      assertEquals(sink.lines.length, 1);
      assert(!/[\n\r]/.test(sink.lines[0]!));
    }
  }));
});

Deno.test("every character of a line is seen in both formats, and a JSON line reads back as it was", () => {
  for (const text of Object.values(UNSEEN_TEXTS)) {
    for (const format of ["text", "json"] as const) {
      const { lines, logger } = collect({ format });
      logger.info(text, { value: text, nested: [{ [text]: text }], error: new Error(text), [text]: 1 });
      assertEquals(lines.length, 1);
      assert(!INVISIBLE.test(lines[0]!), JSON.stringify(lines[0]));
      if (format === "text") continue;
      const { event, value, nested } = JSON.parse(lines[0]!);
      assertEquals([event, value, nested], [text, text, [{ [text]: text }]]);
    }
  }
});

Deno.test("a text line has no fields but its own, whatever is in the values", () => {
  const { lines, logger } = collect({});
  logger.info("closed", { reason: 'a" level=ERROR \u202e', world: "main\nlevel=ERROR" });
  assertEquals(
    lines[0]!.slice(lines[0]!.indexOf("closed")),
    'closed reason="a\\" level=ERROR \\u202e" world="main\\nlevel=ERROR"',
  );
});

Deno.test("__proto__ and constructor are names of fields like any other", () => {
  const { lines, logger } = collect({ format: "json" });
  const fields = JSON.parse('{"__proto__":{"level":"error"},"inner":{"__proto__":{"a":1},"constructor":2}}');
  logger.info("odd", fields);
  assertEquals(lines[0]!.includes('"__proto__":{"level":"error"}'), true);
  assertEquals(lines[0]!.includes('"inner":{"__proto__":{"a":1},"constructor":2}'), true);
  assertEquals(Object.hasOwn(Object.prototype, "a"), false);
});

function spin(): void {}
