/** What is used of a socket; the browser's, Deno's and Node's own and that of the package `ws` have it. */
export interface WebSocketLike {
  binaryType: "arraybuffer" | "blob";
  readonly readyState: number;
  onopen: ((event: Event) => void) | null;
  onmessage: ((event: MessageEvent) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
  onerror: ((event: Event) => void) | null;
  send(message: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
}

/** What makes sockets: `WebSocket` of the platform, or one like it. */
export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

/** `readyState` of a socket that takes messages. */
const OPEN = 1;

/** Whether a socket takes messages now. */
export function isSocketOpen(socket: WebSocketLike): boolean {
  return socket.readyState === OPEN;
}
