import { CLOSE_CODES, errorMessage, ERRORS, VoxcastError } from "../protocol/mod.ts";
import type { Clock } from "../observe/mod.ts";
import { Connection } from "./connection.ts";
import type { ConnectionRegistry } from "./registry.ts";

/** What a WebSocket path does with its connections. */
export interface Profile {
  /** Called once the socket is open. */
  onOpen(connection: Connection): void;
  /** Called with each text message within the size limit; a thrown VoxcastError becomes an ERROR message. */
  onText(connection: Connection, text: string): void;
  /** Called exactly once for each opened connection. */
  onClose(connection: Connection): void;
}

/** What {@linkcode acceptSocket} needs of the server. */
export interface AcceptOptions {
  readonly registry: ConnectionRegistry;
  readonly profile: Profile;
  readonly maxMessageSizeBytes: number;
  /** Seconds without any answer, pings of the protocol included, after which the runtime closes the socket. */
  readonly idleTimeoutSec: number;
  /** Subprotocol to answer with, if the client offered one that is spoken here. */
  readonly subprotocol?: string;
  readonly remoteAddress: string;
  readonly connectionId: string;
  readonly clock: Clock;
  /** A socket that has not opened after this long is given up: the runtime says nothing of one that broke before. */
  readonly openTimeoutMs: number;
  readonly onUnexpected: (error: unknown) => void;
}

const encoder = new TextEncoder();

/**
 * Upgrades a request and ties the socket to a profile: counts it against the registry's bound (4001 when full),
 * checks the size of messages before anything reads them (4002), answers what the profile throws with ERROR.
 * @throws {TypeError} if the request is no WebSocket upgrade
 */
export function acceptSocket(request: Request, options: AcceptOptions): Response {
  const upgrade = { idleTimeout: options.idleTimeoutSec };
  const { socket, response } = Deno.upgradeWebSocket(
    request,
    options.subprotocol === undefined ? upgrade : { ...upgrade, protocol: options.subprotocol },
  );
  socket.binaryType = "arraybuffer";
  const connection = new Connection({
    id: options.connectionId,
    remoteAddress: options.remoteAddress,
    acceptedAtMs: options.clock.now(),
    transport: socket,
  });
  if (!options.registry.add(connection)) {
    socket.onopen = () => connection.close(CLOSE_CODES.SERVER_FULL.code);
    return response;
  }
  let opened = false;
  let ended = false;
  const end = () => {
    if (ended) return;
    ended = true;
    options.clock.clearTimeout(deadline);
    connection.closedByPeer();
    options.registry.remove(connection);
    if (opened) options.profile.onClose(connection);
  };
  const deadline = options.clock.setTimeout(() => {
    if (!opened) end();
  }, options.openTimeoutMs);
  socket.onopen = () => {
    if (ended) return socket.close();
    opened = true;
    options.clock.clearTimeout(deadline);
    options.profile.onOpen(connection);
  };
  socket.onmessage = (event) => {
    if (connection.isOpen) receive(connection, event.data, options);
  };
  socket.onclose = end;
  socket.onerror = end;
  return response;
}

function receive(connection: Connection, data: unknown, options: AcceptOptions): void {
  connection.counters.messagesIn++;
  try {
    if (typeof data !== "string") {
      const bytes = data instanceof ArrayBuffer ? data.byteLength : 0;
      checkSize(bytes, options.maxMessageSizeBytes);
      throw new VoxcastError("UNSUPPORTED_BINARY", "Binary messages are not accepted on this path");
    }
    // A string of n units has n to 3n bytes of UTF-8: encode only where the answer is open.
    const isShort = data.length * 3 <= options.maxMessageSizeBytes;
    if (!isShort) checkSize(encoder.encode(data).length, options.maxMessageSizeBytes);
    options.profile.onText(connection, data);
  } catch (error) {
    answer(connection, error, options);
  }
}

function checkSize(bytes: number, maxBytes: number): void {
  if (bytes > maxBytes) {
    throw new VoxcastError(
      "MESSAGE_TOO_LARGE",
      `Message of ${bytes} bytes exceeds the limit of ${maxBytes} bytes`,
    );
  }
}

function answer(connection: Connection, error: unknown, options: AcceptOptions): void {
  connection.counters.malformedMessages++;
  if (!(error instanceof VoxcastError)) options.onUnexpected(error);
  const shown = error instanceof VoxcastError ? error : new VoxcastError("INTERNAL", ERRORS.INTERNAL.summary);
  if (shown.code === "MESSAGE_TOO_LARGE") connection.close(CLOSE_CODES.MESSAGE_TOO_LARGE.code);
  else connection.sendText(errorMessage(shown, options.clock.now()));
}
