/** The streams of a command: the only way in which commands speak, so that tests can listen. */

/** Where a command writes. Both functions write the text as it is: the caller adds line ends. */
export interface CliIo {
  /** Results: standard output. */
  out(text: string): void;
  /** Complaints and progress: standard error. */
  error(text: string): void;
  /** Whether a person is watching: progress bars and colours are drawn only then. */
  readonly isTerminal: boolean;
  /** Width of the terminal in characters; 80 where there is none. */
  readonly columns: number;
}

/** The streams of this process. */
export function processIo(): CliIo {
  const isTerminal = Deno.stdout.isTerminal() && Deno.stderr.isTerminal();
  return {
    out: (text) => writeAll(Deno.stdout, text),
    error: (text) => writeAll(Deno.stderr, text),
    isTerminal,
    get columns(): number {
      return isTerminal ? terminalColumns() : 80;
    },
  };
}

interface SyncWriter {
  writeSync(bytes: Uint8Array): number;
}

function writeAll(stream: SyncWriter, text: string): void {
  let rest = new TextEncoder().encode(text);
  while (rest.length > 0) rest = rest.subarray(stream.writeSync(rest));
}

function terminalColumns(): number {
  try {
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80; // Some terminals report no size.
  }
}
