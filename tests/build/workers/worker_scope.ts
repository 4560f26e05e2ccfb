/** What a Worker sees of itself; the project's type check runs with the types of a window. */
export interface WorkerScope<In, Out> {
  onmessage: ((event: MessageEvent<In>) => void) | null;
  postMessage: (message: Out, transfer?: Transferable[]) => void;
}

export function workerScope<In, Out = unknown>(): WorkerScope<In, Out> {
  return globalThis as unknown as WorkerScope<In, Out>;
}
