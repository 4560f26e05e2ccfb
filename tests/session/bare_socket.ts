/** One socket of a bare server of the runtime, over the loopback, and its client's end. */
export class BareSocket<Client extends Disposable> implements AsyncDisposable {
  private constructor(
    readonly server: Deno.HttpServer<Deno.NetAddr>,
    readonly socket: WebSocket,
    readonly client: Client,
  ) {}

  /** @param connect makes the client's end, which hangs up when it is disposed of */
  static async open<Client extends Disposable>(
    connect: (port: number) => Client | Promise<Client>,
  ): Promise<BareSocket<Client>> {
    const opened = Promise.withResolvers<WebSocket>();
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
      const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
      socket.onopen = () => opened.resolve(socket);
      return response;
    });
    const client = await connect(server.addr.port);
    return new BareSocket(server, await opened.promise, client);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.socket.onclose = resolve);
    this.client[Symbol.dispose]();
    await closed;
    await this.server.shutdown();
  }
}
