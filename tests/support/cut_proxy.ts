import { waitFor } from "./wait_for.ts";

/** A proxy in front of a server that can refuse WebSockets, and whose connections can be cut. */
export class CutProxy implements AsyncDisposable {
  /** Whether it closes connections that ask for an upgrade. */
  refusesUpgrades = false;
  /** Connections that asked for an upgrade. */
  upgrades = 0;
  readonly url: string;
  readonly #target: Deno.ConnectOptions;
  readonly #listener: Deno.TcpListener;
  readonly #open = new Set<Deno.Conn>();
  readonly #accepting: Promise<void>;

  /** @param url of the server, `http` with its port */
  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.#target = { hostname, port: Number(port) };
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.url = `http://127.0.0.1:${this.#listener.addr.port}/`;
    this.#accepting = this.#accept();
  }

  /** Ends all connections as the network would. */
  cut(): void {
    for (const connection of [...this.#open]) this.#close(connection);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.cut();
    await this.#accepting;
    await waitFor(() => this.#open.size === 0, { what: "the proxy's connections to end" });
  }

  async #accept(): Promise<void> {
    try {
      for await (const client of this.#listener) void this.#serve(client);
    } catch {
      // Disposed.
    }
  }

  async #serve(client: Deno.Conn): Promise<void> {
    this.#open.add(client);
    try {
      const first = new Uint8Array(16_384);
      const size = await client.read(first);
      if (size === null) return;
      const head = first.subarray(0, size);
      const isUpgrade = /upgrade: websocket/i.test(new TextDecoder().decode(head));
      if (isUpgrade) this.upgrades++;
      if (isUpgrade && this.refusesUpgrades) return;
      const server = await Deno.connect(this.#target as Deno.ConnectOptions & { transport?: "tcp" });
      this.#open.add(server);
      const writer = server.writable.getWriter();
      await writer.write(head);
      writer.releaseLock();
      await Promise.allSettled([
        client.readable.pipeTo(server.writable),
        server.readable.pipeTo(client.writable),
      ]);
      this.#close(server);
    } catch {
      // Either end has gone, which is what the other one is to learn.
    } finally {
      this.#close(client);
    }
  }

  #close(connection: Deno.Conn): void {
    if (!this.#open.delete(connection)) return;
    try {
      connection.close();
    } catch {
      // Closed by its streams.
    }
  }
}
