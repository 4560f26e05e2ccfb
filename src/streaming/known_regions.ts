import { type RegionKey, regionKey } from "../space/mod.ts";
import { KNOWN_GROUP, type KnownRegions as KnownMessage, LOD_NONE } from "../protocol/mod.ts";
import { addHash, type ContentHash, emptyHash, sameHash } from "../tree/mod.ts";
import type { RegionCache } from "../cache/mod.ts";
import type { WorldStream } from "./world_stream.ts";

/** What a client holds of a region. */
export interface KnownRegion {
  readonly version: number;
  readonly lod: number;
}

/**
 * Most nodes that are hashed for one registration or one VERIFY, 0.1 s of work: what a claim is compared with is computed once
 * for a build and kept, but one message may name every region of a world.
 */
const MAX_HASHED_NODES = 2 ** 20;

/** What a client holds, by region. */
export type KnownRegions = ReadonlyMap<RegionKey, KnownRegion>;

/** Whether claims are about what a stream streams: another epoch's versions say nothing of this one's. */
export function isAbout({ kind, level, world, epoch }: KnownMessage, stream: WorldStream): boolean {
  return world === stream.world.id && epoch === stream.world.epoch && kind === stream.kind &&
    level === stream.world.grid.level;
}

/**
 * What a client says it holds, as far as it is about the stream and not refuted. Of a version that is out of date nothing
 * needs to be checked: a newer one is sent anyway. A group of regions that are all current and at hand is believed if the
 * sum of their hashes is what the client says; if not, none of them is. A group that cannot be checked, or not in time, is
 * believed.
 */
export function believedClaims(
  messages: readonly KnownMessage[],
  stream: WorldStream,
  cache: RegionCache,
): KnownRegions {
  const known = new Map<RegionKey, KnownRegion>();
  const hashes = new HashCheck(stream, cache);
  for (const message of messages) {
    if (!isAbout(message, stream)) continue;
    for (const group of groupsOf(message)) {
      if (hashes.refutes(group)) continue;
      for (const { key, version, lod } of group.entries) {
        const current = stream.world.region(key)?.version;
        // A version that never was is no base for anything.
        if (current !== undefined && version <= current) known.set(key, { version, lod });
      }
    }
  }
  return known;
}

/** What a client was sent. */
export interface SentRegions {
  /** Version and LOD of what was sent last of a region; version 0: nothing. */
  of(key: RegionKey): KnownRegion;
  /** Whether all of it has arrived, as far as can be told. */
  readonly hasArrived: boolean;
}

/**
 * Regions of a VERIFY of which the client holds nothing, or something else than it was sent, or which are in groups whose
 * hashes do not add up. As long as something is on its way, who holds an older version or another LOD may hold what was sent
 * before; and of what was sent nothing yet all comes in full anyway.
 */
export function refutedClaims(
  message: KnownMessage,
  stream: WorldStream,
  sent: SentRegions,
  cache: RegionCache,
): RegionKey[] {
  const refuted: RegionKey[] = [];
  const hashes = new HashCheck(stream, cache);
  for (const group of groupsOf(message)) {
    const isWrong = hashes.refutes(group);
    for (const claim of group.entries) {
      if (isWrong || isOtherwise(claim, sent.of(claim.key), sent.hasArrived)) refuted.push(claim.key);
    }
  }
  return refuted;
}

function isOtherwise({ version, lod }: Claim, sent: KnownRegion, hasArrived: boolean): boolean {
  if (lod === LOD_NONE) return true;
  if (sent.version === 0 || (version === sent.version && lod === sent.lod)) return false;
  return hasArrived || version > sent.version;
}

interface Claim extends KnownRegion {
  readonly key: RegionKey;
}

interface ClaimGroup {
  readonly entries: readonly Claim[];
  readonly hash: ContentHash;
}

function* groupsOf({ level, mortons, versions, lods, groupHashes }: KnownMessage): Generator<ClaimGroup> {
  for (let start = 0; start < mortons.length; start += KNOWN_GROUP) {
    const group = start / KNOWN_GROUP;
    const entries: Claim[] = [];
    for (let i = start; i < Math.min(start + KNOWN_GROUP, mortons.length); i++) {
      entries.push({ key: regionKey(level, mortons[i]!), version: versions[i]!, lod: lods[i]! });
    }
    yield { entries, hash: { lo: groupHashes[2 * group]!, hi: groupHashes[2 * group + 1]! } };
  }
}

/** Compares claims with the hashes of what there is, for one registration or one VERIFY. */
class HashCheck {
  readonly #stream: WorldStream;
  readonly #cache: RegionCache;
  #nodesLeft = MAX_HASHED_NODES;

  constructor(stream: WorldStream, cache: RegionCache) {
    this.#stream = stream;
    this.#cache = cache;
  }

  /** Whether the hashes of a group do not add up to what the client says; false if they are not at hand. */
  refutes({ entries, hash }: ClaimGroup): boolean {
    if (sameHash(hash, emptyHash())) return false;
    const sum = emptyHash();
    for (const claim of entries) {
      // Of a region that a client does not hold there is nothing in the sum.
      if (claim.lod === LOD_NONE) continue;
      const own = this.#hashOf(claim);
      if (own === undefined) return false;
      addHash(sum, own);
    }
    return !sameHash(sum, hash);
  }

  /** The hash of a region's nodes, or undefined if they are not at hand. The voxels' own needs no tree. */
  #hashOf({ key, version, lod }: Claim): ContentHash | undefined {
    const stream = this.#stream;
    const newest = stream.world.region(key);
    if (newest?.version === version) {
      const { hash } = newest;
      if ((stream.kind === "esvo" && lod === 0) || sameHash(hash, emptyHash())) return hash;
    }
    const region = this.#cache.peek(stream.cacheKey(key));
    if (region?.version !== version || lod < region.finestLod || lod > region.depth) return undefined;
    const nodes = region.hashedNodes(lod);
    // A region that alone is more than that is compared all the same, once.
    if (nodes > 0 && this.#nodesLeft <= 0) return undefined;
    this.#nodesLeft -= nodes;
    return region.levelHash(lod);
  }
}
