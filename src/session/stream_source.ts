import type { JsonFields, ServerMessageType } from "../protocol/mod.ts";
import type { Principal } from "../security/mod.ts";

/** One subscription, as a source sees it. */
export interface StreamRequest {
  readonly principal: Principal;
  readonly streamId: string;
  /** World that the message named, or else the one that the connection has registered in or its address names. */
  readonly world: string | undefined;
  /** What the client asks of the stream; unchecked. */
  readonly params: JsonFields;
}

/** Where a source puts what it makes. */
export interface StreamSink {
  /**
   * Takes leave for one update, to be asked before each: 0 if it is given, else after how many ms to ask again, as more
   * updates are asked for than are granted.
   */
  claim(): number;
  /** Sends one update; the subscription numbers it, and its strategy says what is dropped if the client is slow. */
  update(data: Readonly<Record<string, unknown>>): void;
  /** Ends the subscription from the source's side: the client is told reliably. */
  complete(reason: string): void;
}

/** A stream that runs for one subscription. */
export interface RunningStream {
  /** World whose data it shows. */
  readonly world: string | undefined;
  /** Stops it; the sink must not be used afterwards. */
  stop(): void;
}

/** Something that can be subscribed to. */
export interface StreamSource {
  /** Its name in SUBSCRIBE's `stream_type`. */
  readonly type: string;
  /** Type of the messages that carry its updates. */
  readonly updateType: ServerMessageType;
  /**
   * Starts a stream.
   * @throws {VoxcastError} answered with SUBSCRIBE_FAILED
   */
  open(request: StreamRequest, sink: StreamSink): RunningStream;
}
