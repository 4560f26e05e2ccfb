import type { Clock } from "../../observe/mod.ts";
import type { Bounds, Grid } from "../../space/mod.ts";
import type { ServerClient } from "../server_client.ts";
import type { LoadArguments } from "./load_arguments.ts";
import type { Problems } from "./problems.ts";
import type { SampleSummary } from "./samples.ts";

/** A client's end of its socket. */
export interface LoadLink {
  /** Sends a message; one that has closed meanwhile takes none. */
  send(message: string | Uint8Array<ArrayBuffer>): void;
  /** The server has taken the client in. One that is closed before counts as refused, later as lost. */
  ready(): void;
}

/** One client of a load. */
export interface LoadClient {
  /** The last part of its socket's address, such as `render`. */
  readonly path: string;
  /** Its socket is open. */
  onOpen(link: LoadLink, nowMs: number): void;
  onText(text: string, nowMs: number): void;
  onBinary(message: ArrayBuffer, nowMs: number): void;
  /** The one timer of the run has come round. */
  tick(nowMs: number): void;
  onClose(): void;
}

/** What a workload has measured: groups of numbers for the table and the JSON. */
export type LoadNumbers = Readonly<
  Record<string, Readonly<Record<string, number>> | SampleSummary>
>;

/** What clients of a load do. A new channel of the server adds one, and names it in `workloads.ts`. */
export interface Workload {
  /** Looks at the server before the first client comes. */
  prepare(): Promise<void>;
  /** Makes a client. @param index 0 for the first one */
  client(index: number): LoadClient;
  /** The one timer of the run has come round; `isFull` once all clients have been opened. */
  tick(nowMs: number, isFull: boolean): void;
  /** A line about how it goes. */
  progress(): string;
  /** The time is over: comes to rest, compares, and cleans up. Clients are still there. */
  finish(): Promise<void>;
  numbers(): LoadNumbers;
}

/** What a workload works with. */
export interface WorkloadContext {
  readonly given: LoadArguments;
  readonly server: ServerClient;
  readonly grid: Grid;
  /** What the world holds, or the whole world. */
  readonly content: Bounds;
  readonly clock: Clock;
  readonly problems: Problems;
  /** Time that clients have in the end to be sent what they lack, in milliseconds. */
  readonly restTimeoutMs: number;
  /** Says something to whoever watches. */
  readonly tell: (text: string) => void;
}
