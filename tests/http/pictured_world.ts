import { bearer } from "./principals.ts";
import { createTestServer, type TestServer, type TestServerOptions } from "./server.ts";

/** A server whose world has a voxel in region 1/0,. */
export function painted(options: TestServerOptions = {}): TestServer {
  const server = createTestServer(options);
  paint(server, 0xff0000ff);
  return server;
}

/** Sets one voxel of the world. */
export function paint({ main }: TestServer, color: number, cell: readonly number[] = [6, 6, 6]): void {
  main.apply({ kind: "patch", cells: { positions: Uint32Array.from(cell), colors: Uint32Array.of(color) } });
}

/** Asks for a pick. */
export function pick(server: TestServer, body: unknown, key?: string): Promise<Response> {
  return server.call("POST", "/api/worlds/main/pick", body, key === undefined ? {} : bearer(key));
}
