/**
 * From `World.apply` to the frame at a client on the loopback, one dirty region, idle server; against the floor: a
 * bare `Deno.serve` socket that sends as many bytes at once.
 */
import { RunningServer, WHOLE_WORLD } from "../tests/integration/running_server.ts";
import { SocketClient } from "../tests/integration/socket_client.ts";
import { needs } from "../tests/support/needs.ts";
import { TREE_VOX } from "../tests/support/real_models.ts";
import { waitFor } from "../tests/support/wait_for.ts";
import { benchWith } from "./support/need.ts";
import { median } from "./support/ratio.ts";

const ROUNDS = 25;
const NAME = "from World.apply to the frame at a loopback client";

const need = await needs({ net: "127.0.0.1" }, { read: true });

benchWith(need, { name: NAME, n: 1, warmup: 0 }, async () => {
  await using server = await RunningServer.start({ "streaming.lodThresholds": [10_000, 20_000, 30_000] });
  const { voxels } = await server.app.importFile(TREE_VOX);
  await using client = await SocketClient.connect(server.socketUrl);
  await client.register(WHOLE_WORLD);
  const received = () => client.frames.reduce((sum, frame) => sum + frame.keys.length, 0);
  await waitFor(() => received() >= voxels, { what: "the model", deadlineMs: 60_000 });
  const bytes = Math.round(
    server.app.status().clients.bytesSent / Math.max(1, server.app.status().clients.framesSent),
  );
  const bare = await BareServer.start(bytes);

  const world = server.app.defaultWorld;
  const [x, y, z] = [512, 200, 512];
  const productMs: number[] = [];
  const bareMs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    // Past the limit of ten builds a second for one region.
    await new Promise((resolve) => setTimeout(resolve, 120));
    const frame = client.nextFrame();
    const start = performance.now();
    world.apply({
      kind: "patch",
      cells: { positions: Uint32Array.of(x, y, z), colors: Uint32Array.of(0xff000000 + round) },
    });
    await frame;
    productMs.push(performance.now() - start);
    bareMs.push(await bare.roundMs());
  }
  await bare.close();
  const [product, floor] = [median(productMs), median(bareMs)];
  // deno-lint-ignore no-console
  console.log(
    `${NAME}: median ${product.toFixed(2)} ms (at most 30: ${product <= 30 ? "met" : "NOT MET"}), ` +
      `floor ${floor.toFixed(2)} ms (bare socket, ${bytes} bytes), ${ROUNDS} rounds in turn`,
  );
});

/** The floor: a socket of the runtime that sends a fixed number of bytes when told. */
class BareServer {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #client: WebSocket;
  readonly #serverSocket: WebSocket;
  readonly #bytes: Uint8Array<ArrayBuffer>;

  private constructor(
    server: Deno.HttpServer<Deno.NetAddr>,
    client: WebSocket,
    serverSocket: WebSocket,
    bytes: number,
  ) {
    this.#server = server;
    this.#client = client;
    this.#serverSocket = serverSocket;
    this.#bytes = new Uint8Array(bytes);
  }

  static async start(bytes: number): Promise<BareServer> {
    const accepted = Promise.withResolvers<WebSocket>();
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
      const { socket, response } = Deno.upgradeWebSocket(request);
      socket.onopen = () => accepted.resolve(socket);
      return response;
    });
    const client = new WebSocket(`ws://127.0.0.1:${server.addr.port}/`);
    client.binaryType = "arraybuffer";
    return new BareServer(server, client, await accepted.promise, bytes);
  }

  roundMs(): Promise<number> {
    return new Promise((resolve) => {
      const start = performance.now();
      this.#client.onmessage = () => resolve(performance.now() - start);
      this.#serverSocket.send(this.#bytes);
    });
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#client.onclose = () => resolve());
    this.#client.close();
    await closed;
    await this.#server.shutdown();
  }
}
