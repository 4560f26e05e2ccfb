import { type Envelope, type JsonFields, readField } from "./envelope.ts";
import { idOf, invalid, readObject, readWorld, requireName } from "./message_fields.ts";

/** What becomes of a subscription's messages when they come faster than the client reads. */
export const DROP_STRATEGIES = ["drop_oldest", "drop_newest", "compress"] as const;
export type DropStrategy = (typeof DROP_STRATEGIES)[number];

const DEFAULT_KEEP_EVERY = 2;
const MAX_KEEP_EVERY = 100;

/** Asks for a stream. */
export interface Subscribe {
  readonly type: "SUBSCRIBE";
  readonly streamType: string;
  /** The client's own name for this subscription, unique in its connection. */
  readonly streamId: string;
  /** What the stream makes of it, unchecked. */
  readonly params: JsonFields;
  readonly world?: string;
  /** Undefined means the stream's own. */
  readonly strategy: DropStrategy | undefined;
  /** Of how many waiting messages `compress` keeps one, 2 to 100. */
  readonly keepEvery: number;
  readonly id?: string;
}

/** Ends a subscription. */
export interface Unsubscribe {
  readonly type: "UNSUBSCRIBE";
  readonly streamId: string;
  readonly id?: string;
}

export function readSubscribe(envelope: Envelope): Subscribe {
  const streamType = requireName(envelope, "stream_type", "streamType");
  const streamId = readStreamId(envelope);
  const params = readObject(envelope, "params") ?? {};
  const world = readWorld(envelope);
  // Clients may choose the strategy among the stream's own parameters.
  const withParams = { ...envelope, places: [...envelope.places, params] };
  return {
    type: "SUBSCRIBE",
    streamType,
    streamId,
    params,
    ...(world === undefined ? {} : { world }),
    strategy: readStrategy(withParams),
    keepEvery: readKeepEvery(withParams),
    ...idOf(envelope),
  };
}

export function readUnsubscribe(envelope: Envelope): Unsubscribe {
  return { type: "UNSUBSCRIBE", streamId: readStreamId(envelope), ...idOf(envelope) };
}

function readStreamId(envelope: Envelope): string {
  return requireName(envelope, "stream_id", "streamId");
}

function readStrategy(envelope: Envelope): DropStrategy | undefined {
  const value = readField(envelope, "strategy");
  if (value === undefined) return undefined;
  const strategy = DROP_STRATEGIES.find((name) => typeof value === "string" && value.toLowerCase() === name);
  if (strategy === undefined) throw invalid("strategy", `one of ${DROP_STRATEGIES.join(", ")}`, envelope);
  return strategy;
}

function readKeepEvery(envelope: Envelope): number {
  const value = readField(envelope, "keep_every", "keepEvery") ?? DEFAULT_KEEP_EVERY;
  if (typeof value !== "number" || !Number.isInteger(value) || value < 2 || value > MAX_KEEP_EVERY) {
    throw invalid("keep_every", `an integer from 2 to ${MAX_KEEP_EVERY}`, envelope);
  }
  return value;
}
