import { assert, assertEquals } from "@std/assert";
import { destroySocket } from "../../src/session/destroy_socket.ts";
import { closePayload, OPCODE } from "../integration/raw_frame.ts";
import { GONE, RawSocket } from "../integration/raw_socket.ts";
import { needs, testWith } from "../support/needs.ts";
import { waitFor } from "../support/wait_for.ts";

const need = await needs({ net: "127.0.0.1" });

/** A socket of the runtime, seen from both ends. */
class Pair implements AsyncDisposable {
  readonly closes: number[] = [];
  peer!: RawSocket;
  socket!: WebSocket;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  private constructor() {
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
      const { socket, response } = Deno.upgradeWebSocket(request);
      this.socket = socket;
      socket.onclose = ({ code }) => this.closes.push(code);
      return response;
    });
  }

  static async open(): Promise<Pair> {
    const pair = new Pair();
    pair.peer = await RawSocket.connect(pair.#server.addr.port);
    await waitFor(() => pair.socket.readyState === WebSocket.OPEN, { what: "the socket to open" });
    return pair;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.peer[Symbol.dispose]();
    await waitFor(() => this.closes.length > 0, { what: "the socket to close" });
    await this.#server.shutdown();
  }
}

testWith(need, "a socket that is destroyed is gone for its peer, and tells its close once", async () => {
  await using pair = await Pair.open();
  assert(destroySocket(pair.socket));
  assertEquals(await pair.peer.readFrame(), GONE);
  await waitFor(() => pair.closes.length > 0, { what: "the close event" });
  assert(destroySocket(pair.socket));
  assertEquals([pair.closes.length, pair.socket.readyState], [1, WebSocket.CLOSED]);
});

testWith(
  need,
  "so is one whose peer never finishes a message and never answers the close frame",
  async () => {
    await using pair = await Pair.open();
    await pair.peer.send({ opcode: OPCODE.BINARY, payload: new Uint8Array(1000), fin: false });
    pair.socket.close(4000, "Go");
    const farewell = await pair.peer.readFrame();
    assert(farewell !== GONE);
    assertEquals([farewell.opcode, farewell.payload], [OPCODE.CLOSE, closePayload(4000, "Go")]);
    await pair.peer.send({ opcode: OPCODE.CONTINUATION, payload: new Uint8Array(1000), fin: false });
    assertEquals(pair.closes, []);
    assert(destroySocket(pair.socket));
    assertEquals(await pair.peer.readFrame(), GONE);
    await waitFor(() => pair.closes.length > 0, { what: "the close event" });
  },
);

Deno.test("what is no socket of the runtime is left alone", () => {
  assertEquals([destroySocket({}), destroySocket({ [Symbol("[[rid]]")]: "1" })], [false, false]);
});
