import { encodeFrame, OPCODE } from "../integration/raw_frame.ts";
import { upgradeRequest } from "../integration/raw_socket.ts";

/** A client that asks for a world and then never reads again. */
export class StuckReader implements Disposable {
  readonly #connection: Deno.TcpConn;

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  /** @param register REGISTER_CLIENT as text */
  static async connect(
    { hostname, port, protocols, register }: {
      readonly hostname: string;
      readonly port: number;
      readonly protocols: readonly string[];
      readonly register: string;
    },
  ): Promise<StuckReader> {
    const connection = await Deno.connect({ hostname, port });
    const headers = { Host: `${hostname}:${port}`, "Sec-WebSocket-Protocol": protocols.join(", ") };
    await connection.write(upgradeRequest(port, { headers }));
    const answer = new Uint8Array(1024);
    const length = await connection.read(answer);
    const status = new TextDecoder().decode(answer.subarray(0, length ?? 0)).split("\r\n")[0];
    if (!status?.includes(" 101 ")) throw new Error(`The server answered ${status}`);
    await connection.write(encodeFrame({ opcode: OPCODE.TEXT, payload: register }));
    return new StuckReader(connection);
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }
}
