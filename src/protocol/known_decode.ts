import { kindOfFormat, MAX_REGION_LEVEL } from "./frame_header.ts";
import { MAX_FRAME_LEVELS } from "./frame_payload.ts";
import {
  KNOWN_ENTRY_BYTES,
  KNOWN_GROUP,
  KNOWN_HASH_BYTES,
  KNOWN_HEADER_BYTES,
  knownBytes,
  type KnownRegions,
  type KnownType,
  knownType,
  LOD_NONE,
} from "./known_regions.ts";
import { MAX_NAME_CHARS } from "./message_fields.ts";
import { isPlainName, PLAIN_NAME_WORDS } from "./text_rule.ts";
import { VoxcastError } from "./voxcast_error.ts";

/**
 * Reads KNOWN or VERIFY of a client. Takes no more memory than the message has, whose length the server bounds before it
 * comes here. Whether the world, epoch and versions exist is for the caller to see. Linear in the regions.
 *
 * @throws {VoxcastError} UNSUPPORTED_BINARY, and nothing else, with the byte that is wrong
 */
export function readKnown(bytes: Uint8Array): KnownRegions {
  const type = knownType(bytes);
  if (type === undefined) fail("KNOWN", 0, "the magic is neither that of KNOWN nor that of VERIFY");
  if (bytes.length < KNOWN_HEADER_BYTES) {
    fail(type, 0, `the header needs ${KNOWN_HEADER_BYTES} bytes, ${bytes.length} are there`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const format = view.getUint8(4);
  if (format !== 1 && format !== 2) fail(type, 4, `format ${format} is neither 1 (ESVO) nor 2 (ESVT)`);
  const level = view.getUint8(5);
  if (level > MAX_REGION_LEVEL) fail(type, 5, `region level ${level} is above ${MAX_REGION_LEVEL}`);
  const worldBytes = view.getUint16(6, true);
  const count = view.getUint32(12, true);
  if (count === 0) fail(type, 12, "no region is named");
  const size = knownBytes(worldBytes, count);
  if (size !== bytes.length) fail(type, 12, `${count} regions need ${size} bytes, ${bytes.length} are there`);
  const start = KNOWN_HEADER_BYTES + worldBytes;
  return {
    type,
    kind: kindOfFormat(format),
    level,
    world: readWorldName(type, bytes.subarray(KNOWN_HEADER_BYTES, start)),
    epoch: view.getUint32(8, true),
    ...readEntries(type, view, start, count, level),
  };
}

function readEntries(type: KnownType, view: DataView, start: number, count: number, level: number) {
  const mortons = new Uint32Array(count);
  const versions = new Uint32Array(count);
  const lods = new Uint8Array(count);
  const groupHashes = new Uint32Array(2 * Math.ceil(count / KNOWN_GROUP));
  let at = start;
  let least = 0;
  for (let i = 0; i < count; i++) {
    const morton = view.getUint32(at, true);
    if (morton < least) fail(type, at, `region ${morton} is not above the one before it`);
    if (morton >= 8 ** level) fail(type, at, `region ${morton} is not below ${8 ** level}`);
    least = morton + 1;
    mortons[i] = morton;
    versions[i] = view.getUint32(at + 4, true);
    lods[i] = readLod(type, view, at + 8);
    at += KNOWN_ENTRY_BYTES;
    if (i % KNOWN_GROUP !== KNOWN_GROUP - 1 && i !== count - 1) continue;
    const group = 2 * Math.floor(i / KNOWN_GROUP);
    groupHashes[group] = view.getUint32(at, true);
    groupHashes[group + 1] = view.getUint32(at + 4, true);
    at += KNOWN_HASH_BYTES;
  }
  return { mortons, versions, lods, groupHashes };
}

function readLod(type: KnownType, view: DataView, at: number): number {
  const lod = view.getUint8(at);
  if (lod >= MAX_FRAME_LEVELS && !(lod === LOD_NONE && type === "VERIFY")) {
    fail(type, at, `LOD ${lod} is above ${MAX_FRAME_LEVELS - 1}`);
  }
  return lod;
}

function readWorldName(type: KnownType, bytes: Uint8Array): string {
  let name: string;
  try {
    name = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    fail(type, KNOWN_HEADER_BYTES, "the world's name is not UTF-8");
  }
  if (name.length === 0 || name.length > MAX_NAME_CHARS || !isPlainName(name)) {
    const rule = `1 to ${MAX_NAME_CHARS} characters, and ${PLAIN_NAME_WORDS}`;
    fail(type, KNOWN_HEADER_BYTES, `the world's name must have ${rule}`);
  }
  return name;
}

function fail(type: KnownType, offset: number, reason: string): never {
  throw new VoxcastError("UNSUPPORTED_BINARY", `Cannot read ${type} at byte ${offset}: ${reason}`);
}
