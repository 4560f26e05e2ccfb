/** Worker entry: imports one file, tells how far it is, answers once. */
import { ImportError } from "./import_error.ts";
import type { ImportReply, ImportRequest, ImportResult } from "./import_messages.ts";
import { importModel } from "./import_model.ts";

/** The part of a Worker's global scope that is used here; the compiler's default scope is a page's. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<ImportRequest>) => void) | null;
  postMessage(reply: ImportReply, transfer: Transferable[]): void;
}

const scope = globalThis as unknown as WorkerScope;

scope.onmessage = (event) => void answer(event.data);

async function answer(request: ImportRequest): Promise<void> {
  try {
    const result = await importModel(request, (phase, done, total) => {
      const { heapTotal, external } = Deno.memoryUsage();
      const progress = { phase, done, total };
      scope.postMessage({ type: "progress", progress, memoryBytes: heapTotal + external }, []);
    });
    scope.postMessage({ type: "result", result }, buffersOf(result));
  } catch (error) {
    scope.postMessage(refusal(error), []);
  }
}

function buffersOf(result: ImportResult): Transferable[] {
  return result.patches.flatMap(({ positions, colors, materials }) =>
    [positions, colors, ...(materials === undefined ? [] : [materials])].map((array) =>
      array.buffer as ArrayBuffer
    )
  );
}

function refusal(error: unknown): ImportReply {
  if (error instanceof ImportError) return { type: "refused", problem: error.toProblem() };
  const { name, message } = error instanceof Error ? error : { name: "Error", message: String(error) };
  return { type: "failed", name, message };
}
