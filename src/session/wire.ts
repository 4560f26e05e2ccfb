/** What travels over a socket: text, or bytes that nobody changes any more. */
export type Payload = string | Uint8Array<ArrayBuffer>;

/** What lanes need of a socket; `Deno.upgradeWebSocket`'s WebSocket fits it. */
export interface Wire {
  /** Bytes handed over and not yet taken by the kernel of the machine; text counts as UTF-8. Falls by whole messages. */
  readonly bufferedAmount: number;
  /** Hands a message over, in order, at once. */
  send(data: Payload): void;
}

/** What a connection needs of one beside that. */
export interface Transport extends Wire {
  readonly readyState: number;
  close(code: number, reason: string): void;
}
