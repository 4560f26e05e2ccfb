import {
  keySubprotocol,
  SUBPROTOCOL,
  TICKET_SUBPROTOCOL_PREFIX,
  TOKEN_SUBPROTOCOL_PREFIX,
} from "../../security/mod.ts";
import { type ServerClient, ServerError } from "../server_client.ts";
import type { LoadArguments } from "./load_arguments.ts";
import type { LoadSocket } from "./load_connection.ts";

/** Opens the sockets of a load with its credential. */
export class SocketOpener {
  readonly #given: LoadArguments;
  readonly #server: ServerClient;

  constructor(given: LoadArguments, server: ServerClient) {
    this.#given = given;
    this.#server = server;
  }

  /**
   * Begins to open a socket.
   * @param path last part of the address, such as `render`
   * @throws {ServerError} if no ticket is given out
   */
  async open(path: string): Promise<LoadSocket> {
    const { key, ticket, token } = this.#given;
    const protocols = ticket
      ? [TICKET_SUBPROTOCOL_PREFIX + await this.#ticket()]
      : token !== undefined
      ? [TOKEN_SUBPROTOCOL_PREFIX + token]
      : key !== undefined
      ? [keySubprotocol(key)]
      : [];
    return new WebSocket(this.#address(path, "ws"), [SUBPROTOCOL, ...protocols]);
  }

  /** Why a socket would not open now; undefined if nothing stands against it. */
  async explain(path: string): Promise<ServerError | undefined> {
    const { pathname, search } = this.#address(path, "http");
    try {
      await this.#server.get(pathname + search);
      return undefined;
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      // Only the upgrade was missing.
      return error.code === "UNSUPPORTED_PROTOCOL" ? undefined : error;
    }
  }

  async #ticket(): Promise<string> {
    const { ticket } = await this.#server.post("/api/tickets", { world: this.#given.world }) as {
      ticket: string;
    };
    return ticket;
  }

  #address(path: string, scheme: "ws" | "http"): URL {
    const url = new URL(`/ws/${path}`, this.#given.server);
    url.protocol = this.#given.server.protocol.replace("http", scheme);
    url.searchParams.set("world", this.#given.world);
    return url;
  }
}
