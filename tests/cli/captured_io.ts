import type { CliIo } from "../../src/cli/io.ts";

/** Streams that remember what was written. */
export interface CapturedIo extends CliIo {
  readonly text: { out: string; error: string };
}

export function capturedIo(isTerminal: boolean = false, columns: number = 80): CapturedIo {
  const text = { out: "", error: "" };
  return {
    text,
    isTerminal,
    columns,
    out: (part) => void (text.out += part),
    error: (part) => void (text.error += part),
  };
}
