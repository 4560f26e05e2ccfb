/** A WebSocket client that is no WebSocket client: after the handshake it does nothing, whatever comes. */
export class RawSocket implements Disposable {
  readonly #connection: Deno.TcpConn;

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  /** Shakes hands and reads the answer. */
  static async connect(port: number): Promise<RawSocket> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await connection.write(upgradeRequest(port));
    await connection.read(new Uint8Array(4096));
    return new RawSocket(connection);
  }

  /** Hangs up without a close frame. */
  [Symbol.dispose](): void {
    this.#connection.close();
  }
}

function upgradeRequest(port: number): Uint8Array {
  const head = [
    "GET /ws/render HTTP/1.1",
    `Host: 127.0.0.1:${port}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Key: ${btoa("0123456789abcdef")}`,
    "Sec-WebSocket-Version: 13",
  ];
  return new TextEncoder().encode(`${head.join("\r\n")}\r\n\r\n`);
}
