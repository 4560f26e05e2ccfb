import { isObject } from "../protocol/mod.ts";
import { type ClientError, localError, toClientError } from "./client_error.ts";
import type { ProfileName } from "./client_options.ts";
import { httpError, reach, readJson, type ServerAddress, UNAUTHORIZED } from "./http_reach.ts";

/** What is asked about a socket that did not open. */
export interface RefusalQuestion {
  readonly profile: ProfileName;
  /** The credential as a header, if there is one that fits. */
  readonly authorization: string | undefined;
  /** The socket showed a credential that the question cannot: that this lacks one then says nothing. */
  readonly lacksCredential: boolean;
}

/** Subprotocol of every socket that shows a ticket; the server answers with it. */
const SUBPROTOCOL = "voxcast";
/** Status of the answer to a question that would have been welcome as an upgrade. */
const UPGRADE_REQUIRED = 426;

/**
 * The server's address from what a program gives: `http`, `https`, `ws` or `wss`, with or without a path.
 * @throws {TypeError} for anything else
 */
export function serverBase(url: string | URL): URL {
  const base = new URL(url);
  base.protocol = base.protocol.replace("ws", "http");
  if (base.protocol !== "http:" && base.protocol !== "https:") {
    throw new TypeError(`The server's address must begin with http, https, ws or wss, not ${base.protocol}`);
  }
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  base.search = base.hash = "";
  return base;
}

/** Address of the socket of a profile. No credential is ever in it. */
export function socketUrl(address: ServerAddress, profile: ProfileName): string {
  const url = profileUrl(address, profile);
  url.protocol = url.protocol.replace("http", "ws");
  return url.href;
}

/** Subprotocols that show a ticket: a browser can set no headers on a socket. */
export function ticketSubprotocols(ticket: string): string[] {
  return [SUBPROTOCOL, `voxcast.ticket.${ticket}`];
}

/**
 * Gets a one-time ticket for a credential.
 * @param authorization the credential as a header
 * @throws {ClientError} what the server said, or UNREACHABLE
 */
export async function fetchTicket(
  address: ServerAddress,
  authorization: string,
  signal: AbortSignal,
): Promise<string> {
  const { base, world } = address;
  const response = await reach(address, new URL("api/tickets", base), {
    method: "POST",
    headers: { "content-type": "application/json", authorization },
    body: JSON.stringify({ world }),
    signal,
  });
  const body = await readJson(response);
  if (!response.ok) throw httpError(response, body);
  if (!isObject(body) || typeof body.ticket !== "string") {
    throw localError("MALFORMED", "The server's answer holds no ticket");
  }
  return body.ticket;
}

/**
 * Why a socket did not open: a WebSocket does not tell, so its address is asked over HTTP, where the server
 * answers what it would to an upgrade. Undefined if it has nothing against this client. Never rejects.
 */
export async function explainRefusal(
  address: ServerAddress,
  { profile, authorization, lacksCredential }: RefusalQuestion,
  signal: AbortSignal,
): Promise<ClientError | undefined> {
  try {
    const headers: HeadersInit = authorization === undefined ? {} : { authorization };
    const response = await reach(address, profileUrl(address, profile), {
      headers,
      cache: "no-store",
      signal,
    });
    // Read to the end, so that the connection can be used again.
    const body = await readJson(response);
    if (response.ok || response.status === UPGRADE_REQUIRED) return undefined;
    if (response.status === UNAUTHORIZED && lacksCredential) return undefined;
    return httpError(response, body);
  } catch (error) {
    return toClientError(error);
  }
}

/** Address of a profile over HTTP. */
function profileUrl({ base, world }: ServerAddress, profile: ProfileName): URL {
  const url = new URL(`ws/${profile}`, base);
  if (world !== undefined) url.searchParams.set("world", world);
  return url;
}
