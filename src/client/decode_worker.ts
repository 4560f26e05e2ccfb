/** Entry of the decoding Worker: frames in, instances out, so that the page never waits for either. */
import type { FromDecoder, ToDecoder } from "./decode_messages.ts";
import { FrameDecoder } from "./frame_decoder.ts";

/** The part of a Worker's global scope that is used here. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<ToDecoder>) => void) | null;
  postMessage(message: FromDecoder, transfer: Transferable[]): void;
}

const scope = globalThis as unknown as WorkerScope;
const decoder = new FrameDecoder({
  post: (message) =>
    scope.postMessage(message, message.type === "region" ? [message.region.words.buffer] : []),
});

scope.onmessage = ({ data }) => decoder.receive(data);
