import { BARE_PING, BARE_PONG } from "../protocol/mod.ts";
import type { VoxcastEvents } from "./client_events.ts";
import { readError, toClientError } from "./client_error.ts";
import { messageText } from "./client_message.ts";
import type { Connection } from "./connection.ts";
import type { Emitter } from "./events.ts";
import { ReliableInbox } from "./reliable_inbox.ts";
import type { Requests } from "./requests.ts";
import { parseServerMessage, readBackpressure, readVerified, type ServerMessage } from "./server_message.ts";
import type { Streams } from "./streams.ts";
import type { WorldJoin } from "./world_join.ts";

/** Whom a server's messages concern. */
export interface IncomingDeps {
  readonly events: Pick<Emitter<VoxcastEvents>, "emit">;
  readonly connection: Pick<Connection, "send" | "reported">;
  readonly requests: Pick<Requests, "answered" | "refused">;
  readonly join: Pick<WorldJoin, "registered">;
  readonly streams: Pick<Streams, "update" | "completed">;
  /** Whether reliable messages are acknowledged. */
  readonly acknowledges: () => boolean;
}

/** Reads the messages of a server, answers those that want to be, and tells whom they concern. */
export class Incoming {
  readonly #deps: IncomingDeps;
  readonly #inbox = new ReliableInbox();

  constructor(deps: IncomingDeps) {
    this.#deps = deps;
  }

  /** Another connection: what was taken on the one before says nothing about it. */
  reset(): void {
    this.#inbox.reset();
  }

  /** A text has come. */
  read(text: string): void {
    const { acknowledges, connection, events } = this.#deps;
    if (text === BARE_PONG) return;
    if (text === BARE_PING) return connection.send(BARE_PONG);
    try {
      const message = parseServerMessage(text);
      if (message.id !== undefined && acknowledges()) {
        connection.send(messageText({ type: "ACK", data: { id: message.id } }));
        if (!this.#inbox.accept(message.id)) return;
      }
      this.#handle(message);
      events.emit("message", message);
    } catch (error) {
      events.emit("error", toClientError(error));
    }
  }

  #handle({ type, ref, data }: ServerMessage): void {
    const { connection, events, join, requests, streams } = this.#deps;
    switch (type) {
      case "HEARTBEAT":
        connection.send(messageText({ type: "PONG", data: {} }));
        break;
      case "REGISTERED":
        join.registered(data);
        break;
      case "FEATURE_UPDATE":
        streams.update(data);
        break;
      case "STREAM_COMPLETE":
        streams.completed(data);
        break;
      case "RATE_LIMIT_WARNING":
        events.emit("warning", readError(data, "RATE_LIMITED"));
        break;
      case "BACKPRESSURE":
        events.emit("backpressure", readBackpressure(data));
        break;
      case "VERIFIED":
        events.emit("verified", readVerified(data));
        break;
      case "RESYNC":
        events.emit("resync", { id: String(data.id) });
        break;
      case "ERROR":
      case "AUTH_FAILED":
      case "SUBSCRIBE_FAILED": {
        const error = readError(data);
        connection.reported(error);
        if (!requests.refused(error)) events.emit("error", error);
        return;
      }
    }
    if (ref !== undefined) requests.answered(ref, data);
  }
}
