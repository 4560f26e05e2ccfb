import type { JsonFields } from "../protocol/mod.ts";
import { fetchTicket, ticketSubprotocols } from "./admission.ts";
import type { ServerAddress } from "./http_reach.ts";
import { catalogueError, type ClientError, localError, toClientError } from "./client_error.ts";
import type { Outgoing } from "./client_message.ts";
import type { SettledOptions } from "./client_options.ts";
import {
  authFields,
  authorizationOf,
  type Credential,
  currentCredential,
  fitsHeader,
  type SigningFacts,
  tokenExpiryMs,
} from "./credential.ts";
import { RefusalInquiry } from "./refusal_inquiry.ts";
import { type Greeting, readSignIn, type SignIn } from "./server_message.ts";
import { TokenRenewal } from "./token_renewal.ts";

/** What an identity needs, and whom it tells. */
export interface IdentityDeps {
  readonly options: Pick<SettledOptions, "profile" | "credential" | "signIn" | "timers" | "random">;
  readonly address: ServerAddress;
  /** Sends a message of the handshake and waits for its answer. */
  readonly ask: (message: Outgoing) => Promise<JsonFields>;
  readonly onSignedIn: (signIn: SignIn, answer: JsonFields) => void;
  readonly onError: (error: ClientError) => void;
}

/** Who the client is to the server: shows its credential with each connection, and a new one before that ends. */
export class Identity {
  readonly #deps: IdentityDeps;
  readonly #renewal: TokenRenewal;
  readonly #inquiry: RefusalInquiry;
  #credential: Credential | undefined;
  /** Server's clock minus the client's monotonic one, once the server has said what time it is. */
  #serverOffsetMs: number | undefined;

  constructor(deps: IdentityDeps) {
    this.#deps = deps;
    this.#inquiry = new RefusalInquiry(deps.address, deps.options.timers);
    this.#renewal = new TokenRenewal({
      timers: deps.options.timers,
      renew: () => this.#renew(),
      onError: (error) => deps.onError(toClientError(error)),
    });
  }

  /** Subprotocols to open a socket with: those of a ticket, if that is how this client signs in. @throws {ClientError} */
  async admit(signal: AbortSignal): Promise<string[]> {
    const credential = this.#credential = await currentCredential(this.#deps.options.credential);
    if (credential === undefined || !this.#signsInByTicket(credential)) return [];
    if ("ticket" in credential) return ticketSubprotocols(credential.ticket);
    const authorization = await authorizationOf(credential, this.#signingFacts());
    return ticketSubprotocols(await fetchTicket(this.#deps.address, authorization!, signal));
  }

  /** Why a socket did not open, if the server says that it has anything against this client. */
  async explain(signal: AbortSignal): Promise<ClientError | undefined> {
    const { profile } = this.#deps.options;
    const credential = this.#credential;
    const authorization = credential && await authorizationOf(credential, this.#signingFacts());
    const lacksCredential = credential !== undefined && this.#showsNewTickets(credential);
    return await this.#inquiry.ask({ profile, authorization, lacksCredential }, signal);
  }

  /** The credential of this moment as a header; undefined if there is none that fits. */
  async authorization(): Promise<string | undefined> {
    const credential = await currentCredential(this.#deps.options.credential);
    return credential && await authorizationOf(credential, this.#signingFacts());
  }

  /** The server has said what time it is. */
  toldTime(serverTimeMs: number): void {
    this.#serverOffsetMs = serverTimeMs - this.#deps.options.timers.monotonic();
  }

  /**
   * Signs in on the open socket, if that is still to be done.
   * @param onShow called before a credential is shown
   * @throws {ClientError} what the server said, or AUTH_REQUIRED if it asks for a credential and none is set
   */
  async establish(greeting: Greeting | undefined, onShow: () => void): Promise<void> {
    const credential = this.#credential;
    if (credential === undefined) {
      if (greeting === undefined || greeting.authenticated || !greeting.authRequired) return;
      throw catalogueError("AUTH_REQUIRED", "The server asks for a credential, and none is set");
    }
    if (!this.#signsInByTicket(credential)) {
      onShow();
      this.#keep(await this.#show(credential));
    } else if ("token" in credential) {
      const expiryMs = tokenExpiryMs(credential.token);
      this.#keep(expiryMs === undefined ? undefined : expiryMs - this.#serverTimeMs());
    }
  }

  /** The connection is gone: nothing is renewed any more. */
  lost(): void {
    this.#renewal.stop();
  }

  #signsInByTicket(credential: Credential): boolean {
    return this.#deps.options.signIn === "ticket" && ("ticket" in credential || fitsHeader(credential));
  }

  /**
   * Whether the sockets show tickets, one after the other: these fit no header. A fixed one is spent once
   * shown, so that to be told that a credential is lacking is the truth then.
   */
  #showsNewTickets(credential: Credential): boolean {
    const { signIn, credential: source } = this.#deps.options;
    return signIn === "ticket" && "ticket" in credential && typeof source === "function";
  }

  /** Shows a credential in-band; resolves to the time until it ends. */
  async #show(credential: Credential): Promise<number | undefined> {
    const { ask, onSignedIn } = this.#deps;
    const answer = await ask({ type: "AUTH", data: await authFields(credential, this.#signingFacts()) });
    const signIn = readSignIn(answer);
    onSignedIn(signIn, answer);
    return signIn.expiresInMs;
  }

  /** Only a function gives another credential than the one that is about to end. */
  #keep(expiresInMs: number | undefined): void {
    if (typeof this.#deps.options.credential === "function") this.#renewal.start(expiresInMs);
  }

  async #renew(): Promise<number | undefined> {
    const credential = await currentCredential(this.#deps.options.credential);
    if (credential === undefined) {
      throw localError("CLOSED", "There is no new credential, the present one ends soon");
    }
    this.#credential = credential;
    return await this.#show(credential);
  }

  #signingFacts(): SigningFacts {
    const { random } = this.#deps.options;
    const words = Array.from(
      { length: 4 },
      () => Math.floor(random() * 2 ** 32).toString(16).padStart(8, "0"),
    );
    return { timestampMs: this.#serverTimeMs(), nonce: words.join("") };
  }

  #serverTimeMs(): number {
    const { timers } = this.#deps.options;
    return this.#serverOffsetMs === undefined ? timers.now() : timers.monotonic() + this.#serverOffsetMs;
  }
}
