import type { IncomingMessage } from "./incoming_message.ts";
import type { Role } from "../security/mod.ts";

/** What a message asks of who sends it, and which limit it counts for beside the connection's messages. */
export interface MessageNeed {
  /** `public` messages are taken before a credential has been shown. */
  readonly role: Role | "public";
  /** Whether it names a world, which the principal must be allowed to enter; whoever finds the world checks it. */
  readonly touchesWorld: boolean;
  readonly limit: "messages" | "positions" | "ops";
}

/** A class of messages with a bucket of its own beside that of all messages. */
export type LimitClass = Exclude<MessageNeed["limit"], "messages">;

/** Every type of message; the type of this table makes one that is left out an error. */
export const MESSAGE_NEEDS: Readonly<Record<IncomingMessage["type"], MessageNeed>> = {
  INIT: { role: "public", touchesWorld: false, limit: "messages" },
  AUTH: { role: "public", touchesWorld: false, limit: "messages" },
  PING: { role: "public", touchesWorld: false, limit: "messages" },
  PONG: { role: "public", touchesWorld: false, limit: "messages" },
  HEARTBEAT: { role: "public", touchesWorld: false, limit: "messages" },
  CLOSE: { role: "public", touchesWorld: false, limit: "messages" },
  ACK: { role: "viewer", touchesWorld: false, limit: "messages" },
  REGISTER_CLIENT: { role: "viewer", touchesWorld: true, limit: "messages" },
  KNOWN: { role: "viewer", touchesWorld: true, limit: "messages" },
  VERIFY: { role: "viewer", touchesWorld: true, limit: "messages" },
  UPDATE_VIEWPORT: { role: "viewer", touchesWorld: true, limit: "positions" },
  SUBSCRIBE: { role: "viewer", touchesWorld: true, limit: "messages" },
  UNSUBSCRIBE: { role: "viewer", touchesWorld: false, limit: "messages" },
};
