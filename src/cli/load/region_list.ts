import { parseRegionKey, type RegionKey } from "../../space/mod.ts";
import { ServerError } from "../server_client.ts";
import type { ServerClient } from "../server_client.ts";

/** A region as the server lists it. */
export interface ListedRegion {
  readonly key: RegionKey;
  /** As the server writes it. */
  readonly name: string;
  readonly version: number;
}

const PAGE = 10_000;

/** All regions of the world that hold something, by key, page after page. */
export async function listRegions(server: ServerClient): Promise<readonly ListedRegion[]> {
  const regions: ListedRegion[] = [];
  let after: string | undefined;
  do {
    const query = after === undefined ? "" : `&after=${encodeURIComponent(after)}`;
    const page = await server.getOfWorld(`/regions?limit=${PAGE}${query}`);
    const { regions: listed, next } = page as { regions?: unknown; next?: string };
    if (!Array.isArray(listed)) throw new ServerError("The server's list of regions cannot be read");
    for (const { key: name, version } of listed as { key: string; version: number }[]) {
      regions.push({ key: parseRegionKey(name)!, name, version });
    }
    after = next;
  } while (after !== undefined);
  return regions;
}
