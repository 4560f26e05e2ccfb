import type { JsonFields } from "../protocol/mod.ts";
import { initMessage, messageText, type Outgoing } from "./client_message.ts";
import type { SettledOptions } from "./client_options.ts";
import { checkFields, checkSize, DEFAULT_OUTGOING_LIMITS, readOutgoingLimits } from "./outgoing_check.ts";
import { type Greeting, readGreeting } from "./server_message.ts";

/** What was settled with a server: by INIT on the present connection, what it takes, and the session that goes on. */
export class SessionTerms {
  readonly #options: Pick<SettledOptions, "clientId" | "gzip" | "ack">;
  #greeting: Greeting | undefined;
  #limits = DEFAULT_OUTGOING_LIMITS;
  #sessionToken: string | undefined;

  constructor(options: Pick<SettledOptions, "clientId" | "gzip" | "ack">) {
    this.#options = options;
  }

  /** What INIT settled on the present connection. */
  get greeting(): Greeting | undefined {
    return this.#greeting;
  }

  /** Longest message that the server takes. */
  get maxMessageBytes(): number {
    return this.#limits.maxMessageBytes;
  }

  /** INIT, with the session of before if there is one. */
  init(): Outgoing {
    return initMessage({ ...this.#options, sessionToken: this.#sessionToken });
  }

  /** INIT was answered. @throws {TypeError} if the answer cannot be read */
  greeted(data: JsonFields): Greeting {
    this.remember(data);
    const greeting = this.#greeting = readGreeting(data);
    this.limited(greeting.limits);
    return greeting;
  }

  /** An answer may name the session, which the next connection goes on with. */
  remember({ session_token: token }: JsonFields): void {
    if (typeof token === "string") this.#sessionToken = token;
  }

  /** The server has said what it takes. */
  limited(limits: Parameters<typeof readOutgoingLimits>[1]): void {
    this.#limits = readOutgoingLimits(this.#limits, limits);
  }

  /** The connection is gone; the session is not. */
  lost(): void {
    this.#greeting = undefined;
  }

  /** The session is over. */
  forget(): void {
    this.#sessionToken = undefined;
  }

  /** A message that the server would take. @throws {ClientError} INVALID_FIELD, JSON_TOO_COMPLEX, MESSAGE_TOO_LARGE */
  checked(message: Outgoing): Outgoing {
    this.checkFields(message.data);
    checkSize(messageText(message), this.#limits);
    return message;
  }

  /** The same for fields that are a part of a message. @throws {ClientError} INVALID_FIELD, JSON_TOO_COMPLEX */
  checkFields(fields: JsonFields | undefined): void {
    checkFields(fields, this.#limits);
  }
}
