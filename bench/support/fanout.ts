/** One measurement of a server that sends to all its clients. */
export interface FanoutRun {
  /** Bytes of a message or frame, about. */
  readonly bytes: number;
  /** Messages to each socket before the event loop has its turn; of the bare server. */
  readonly sendsATurn: number;
  /** Regions built before the event loop has its turn; of the product. */
  readonly regionsATick: number;
  readonly ms: number;
}

/** What a server sent, and what it took. */
export interface FanoutResult {
  readonly frames: number;
  readonly messages: number;
  readonly wallMs: number;
  /** Processor time of all the server's threads. */
  readonly cpuMs: number;
}

/** What the clients' process got and took since its start. */
export interface FanoutClients {
  readonly bytes: number;
  readonly cpuMs: number;
}
