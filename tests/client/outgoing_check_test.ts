import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { checkFields, checkItems, ClientError } from "../../src/client/mod.ts";
import { DEFAULT_OUTGOING_LIMITS } from "../../src/client/outgoing_check.ts";
import { checkJsonBounds } from "../../src/protocol/mod.ts";
import { messageText } from "../../src/client/client_message.ts";
import { runs } from "../support/runs.ts";

Deno.test("what passes here passes the server's own bounds, and the depth is the server's to the level", () => {
  const bounds = { maxJsonDepth: 4, maxJsonValues: 12 };
  const passes = (run: () => void) => {
    try {
      run();
      return true;
    } catch {
      return false;
    }
  };
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })), (data) => {
      const ours = passes(() => checkFields(data, { ...bounds, maxMessageBytes: 1 }));
      const servers = passes(() => checkJsonBounds(messageText({ type: "NOTE", data }), bounds));
      if (ours) {
        // The message's own object and its type are two more values.
        const wider = { ...bounds, maxJsonValues: bounds.maxJsonValues + 2 };
        assertEquals(passes(() => checkJsonBounds(messageText({ type: "NOTE", data }), wider)), true);
      } else assertEquals(servers, false);
    }),
    { numRuns: runs(500) },
  );
});

Deno.test("a structure that goes round in a circle ends at the depth", () => {
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  assertThrows(() => checkFields(circle, DEFAULT_OUTGOING_LIMITS), ClientError, "nested deeper than 32");
});

Deno.test("a list of items is looked over: number, ids given twice, places out of bounds or not finite", () => {
  const rules = {
    maxItems: 3,
    idField: "id",
    positionField: "at",
    bounds: { min: [0, 0, 0], max: [10, 10, 10] },
  } as const;
  checkItems([{ id: 1, at: [0, 0, 0] }, { id: 2, at: { x: 9.9, y: 0, z: 0 } }], rules);
  const wrong = (items: Record<string, unknown>[], code: string, text: string) => {
    assertEquals(assertThrows(() => checkItems(items, rules), ClientError, text).code, code);
  };
  wrong([{ id: 1, at: [0, 0, 0] }, { id: 1, at: [0, 0, 0] }], "INVALID_FIELD", "Item 1 has the id");
  wrong([{ id: 1, at: [0, 0, 10] }], "OUT_OF_BOUNDS", "item 0");
  wrong([{ id: 1, at: [0, -0.1, 0] }], "OUT_OF_BOUNDS", "item 0");
  wrong([{ id: 1, at: [0, NaN, 0] }], "INVALID_FIELD", "three finite numbers");
  wrong([{ id: 1, at: [0, 0] }], "INVALID_FIELD", "three finite numbers");
  wrong([{ id: 1 }], "INVALID_FIELD", "three finite numbers");
  wrong(Array.from({ length: 4 }, (_, id) => ({ id, at: [0, 0, 0] })), "INVALID_FIELD", "4 items");
});
