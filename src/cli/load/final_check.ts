import { inflateSync } from "node:zlib";
import type { Clock } from "../../observe/mod.ts";
import { decodeFrame, type HeldRegion } from "../../protocol/mod.ts";
import { regionMorton } from "../../space/mod.ts";
import { computeVisible, RegionPyramid, VisibleSet } from "../../viewport/mod.ts";
import { ServerError } from "../server_client.ts";
import type { RegionClient } from "./region_client.ts";
import { type ListedRegion, listRegions } from "./region_list.ts";
import type { WorkloadContext } from "./workload.ts";

/** What the comparison with the server has covered. */
export interface FinalCheck {
  /** Regions in view of clients whose versions were compared. */
  readonly compared: number;
  /** Of these, not held at the version that the server lists. */
  readonly behind: number;
  /** Regions whose content was compared. */
  readonly contents: number;
}

const LOOK_MS = 50;
/** Most frames that are fetched to be compared: requests are limited. */
const MAX_CONTENTS = 200;

/**
 * Compares what clients hold with what the server says that there is, once their cameras stand still: every region that a
 * client sees must be held at the listed version or a newer one, and what those who decode hold must be what the server
 * hands out over HTTP.
 */
export async function checkAtRest(
  context: WorkloadContext,
  clients: readonly RegionClient[],
): Promise<FinalCheck> {
  const { problems, server, clock } = context;
  const listed = await listRegions(server);
  const byMorton = new Map(listed.map((region) => [regionMorton(region.key), region]));
  const seen = viewsOf(context, clients, listed);
  const behindOf = (client: RegionClient): number[] =>
    seen.get(client)!.filter((morton) =>
      (client.book!.entry(morton)?.version ?? 0) < byMorton.get(morton)!.version
    );
  const endMs = clock.monotonic() + context.restTimeoutMs;
  while (clock.monotonic() < endMs && clients.some((client) => behindOf(client).length > 0)) {
    await pause(clock, LOOK_MS);
  }
  let compared = 0;
  let behind = 0;
  for (const client of clients) {
    compared += seen.get(client)!.length;
    for (const morton of behindOf(client)) {
      behind++;
      const { name, version } = byMorton.get(morton)!;
      const held = client.book!.entry(morton)?.version;
      problems.add(
        "regions at the end",
        `client ${client.index} sees region ${name}, version ${version}, and ${
          held === undefined ? "was not sent it" : `holds version ${held}`
        }`,
      );
    }
  }
  const contents = await compareContents(context, clients, byMorton);
  return { compared, behind, contents };
}

/** The listed regions that each client sees, by Morton code. */
function viewsOf(
  { grid }: WorkloadContext,
  clients: readonly RegionClient[],
  listed: readonly ListedRegion[],
): ReadonlyMap<RegionClient, readonly number[]> {
  const pyramid = new RegionPyramid(grid.level);
  for (const { key } of listed) pyramid.add(regionMorton(key));
  const rule = { thresholds: [], maxLod: 0, hysteresis: 0 };
  const visible = new VisibleSet();
  return new Map(clients.map((client) => {
    const { keys, count } = computeVisible(client.viewport!, grid, pyramid, rule, visible);
    return [client, [...keys.subarray(0, count)]];
  }));
}

/** Compares what was decoded with frames of HTTP; regions that change meanwhile are passed over. */
async function compareContents(
  { server, problems }: WorkloadContext,
  clients: readonly RegionClient[],
  listed: ReadonlyMap<number, ListedRegion>,
): Promise<number> {
  const held = clients.flatMap((client) =>
    [...client.content].filter(([morton]) => listed.has(morton)).map(([morton, region]) => ({
      client,
      region,
      name: listed.get(morton)!.name,
    }))
  );
  const step = Math.max(1, held.length / MAX_CONTENTS);
  let compared = 0;
  for (let at = 0; at < held.length; at += step) {
    const { client, region, name } = held[Math.floor(at)]!;
    try {
      const bytes = await server.regionFrame(name, region.kind, region.lod);
      const truth = decodeFrame(bytes, (deflated) => new Uint8Array(inflateSync(deflated)));
      if (truth.header.version !== region.version || truth.header.lod !== region.lod) continue;
      compared++;
      if (!isSame(region, truth)) {
        problems.add(
          "content at the end",
          `client ${client.index} shows region ${name}, version ${region.version}, LOD ${region.lod}, not as the server has it`,
        );
      }
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      // Too many requests for this credential: what was compared so far counts.
      if (error.retryAfterMs !== undefined) return compared;
      if (error.code !== "NOT_FOUND") problems.add("content at the end", error.message);
    }
  }
  return compared;
}

type Nodes = Pick<HeldRegion, "keys" | "colors" | "materials">;

function isSame(a: Nodes, b: Nodes): boolean {
  return isEqual(a.keys, b.keys) && isEqual(a.colors, b.colors) &&
    isEqual(a.materials ?? [], b.materials ?? []);
}

function isEqual(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.setTimeout(resolve, ms));
}
