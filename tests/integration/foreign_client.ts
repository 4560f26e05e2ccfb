import { assert } from "@std/assert";
import { commandPath } from "../support/needs.ts";
import { type RunningServer, viewportFields, WHOLE_WORLD } from "./running_server.ts";

/** What `foreign_client.py` prints. */
export interface ForeignResult {
  readonly frames: number;
  readonly bytes: number;
  readonly regions: number;
  /** Nodes received, by LOD. */
  readonly lods: Readonly<Record<string, number>>;
  readonly world: string;
  /** Hash of the received voxels, and of those that the client read from the file. */
  readonly fingerprint?: string;
  readonly file?: string;
}

/** Runs the Python client until it has `nodes` nodes, and compares with a file if one is given. */
export async function runPython(
  server: RunningServer,
  codec: number,
  nodes: number,
  file?: string,
): Promise<ForeignResult> {
  const script = fromFileUrl(new URL("./foreign_client.py", import.meta.url));
  const view = JSON.stringify(viewportFields(WHOLE_WORLD));
  const { success, stdout, stderr } = await new Deno.Command(await commandPath("python3"), {
    args: [
      script,
      server.socketUrl,
      view,
      String(codec),
      String(nodes),
      ...(file === undefined ? [] : [file]),
    ],
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** What `foreign_tets.py` prints. */
export interface ForeignTets {
  readonly frames: number;
  readonly regions: number;
  /** Voxels that the client read over REST. */
  readonly voxels: number;
  /** Tetrahedra that it was sent, which are those that it made of these voxels. */
  readonly tets: number;
}

/** Runs the Python client for tetrahedral trees on the default world until what it got is what it expects. */
export async function runTets(server: RunningServer, codec: number): Promise<ForeignTets> {
  const script = fromFileUrl(new URL("./foreign_tets.py", import.meta.url));
  const view = JSON.stringify(viewportFields(WHOLE_WORLD));
  const { success, stdout, stderr } = await new Deno.Command(await commandPath("python3"), {
    args: [script, server.socketUrl, server.url, server.app.defaultWorld.id, view, String(codec)],
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** The path of a file URL of this project. */
export function fromFileUrl(url: URL): string {
  return decodeURIComponent(url.pathname);
}
