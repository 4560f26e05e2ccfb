import type { TokenBucket } from "../security/mod.ts";
import type { LimitClass } from "./message_needs.ts";

/** What one connection has left of its rates. A bucket beside the first is there from its first use on. */
export interface ConnectionRates extends Record<LimitClass, TokenBucket | undefined> {
  /** Of all its messages. */
  readonly messages: TokenBucket;
  /** Of the acknowledgements that do not count as messages. */
  acks: TokenBucket | undefined;
  /** Of the updates that its streams send, all together. */
  streamUpdates: TokenBucket | undefined;
  /** When it may be told next that the server is overloaded. */
  nextOverloadAnswerMs: number;
}
