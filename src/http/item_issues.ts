import type { z } from "@hono/zod-openapi";
import { type ItemError, visibleText } from "../protocol/mod.ts";

/** Names of fields come from the client; a longer text is cut. */
const MAX_TEXT = 200;
/** A list of faults is cut here; a body with more of them is refused all the same. */
const MAX_ISSUES = 100;

/**
 * The faults that a schema found, as a client sees them: which item, which field, and what is wrong with it.
 * Never repeats a value; what is not seen in a name is escaped.
 *
 * @param index position of the item in its list
 * @param prefix path of the item in the body, such as `put.3`
 */
export function issuesOf(error: z.ZodError, index: number, prefix = ""): ItemError[] {
  return error.issues.slice(0, MAX_ISSUES).map((issue) => {
    const path = visibleText([prefix, ...issue.path.map(String)].filter((part) => part !== "").join("."));
    const fault = isAbsent(issue)
      ? { code: "MISSING_FIELD", message: "this field is required" } as const
      : { code: "INVALID_FIELD", message: clip(issue.message) } as const;
    return { index, ...(path === "" ? {} : { path }), ...fault };
  });
}

/** Zod has no issue of its own for an absent key; its type check of `undefined` is the sign. */
function isAbsent(issue: z.core.$ZodIssue): boolean {
  return issue.code === "invalid_type" && issue.message.endsWith("received undefined");
}

function clip(text: string): string {
  return visibleText(text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}...`);
}
