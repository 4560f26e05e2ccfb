import { ByteReader } from "./byte_reader.ts";
import { shown } from "./import_error.ts";
import type { ImportLimits } from "./import_limits.ts";
import type { VoxFile, VoxModel, VoxNode } from "./vox_file.ts";
import { readGroupNode, readShapeNode, readTransformNode } from "./vox_nodes.ts";
import { DEFAULT_VOX_PALETTE } from "./vox_palette.ts";

const FORMAT = ".vox";
/** Versions whose chunks are known; they differ only in which chunks a writer uses. */
const VERSIONS: readonly number[] = [150, 200];

/** Material byte by MagicaVoxel's material type. Blends and clouds let light through and count as glass. */
const MATERIAL_BYTES: Readonly<Record<string, number>> = {
  "_diffuse": 0,
  "_metal": 1,
  "_glass": 2,
  "_blend": 2,
  "_media": 2,
  "_emit": 3,
};

/** MagicaVoxel stops at 256; voxel coordinates are single bytes in any case. */
const MAX_MODEL_EDGE = 2_048;
/** Chunk names that are counted one by one. */
const MAX_CHUNK_NAMES = 256;

const NODE_READERS = { nTRN: readTransformNode, nGRP: readGroupNode, nSHP: readShapeNode } as const;

/** What has been gathered while the chunks go by. */
interface VoxDraft {
  readonly version: number;
  readonly models: VoxModel[];
  readonly nodes: Map<number, VoxNode>;
  readonly layers: Map<number, { readonly name: string; readonly hidden: boolean }>;
  palette: Uint32Array;
  readonly materials: Uint8Array;
  readonly chunks: Map<string, number>;
  /** Whether the newest model still waits for its XYZI. */
  awaitsVoxels: boolean;
}

/**
 * Reads the chunks of a MagicaVoxel file (versions 150 and 200: SIZE, XYZI, RGBA, nTRN, nGRP, nSHP, LAYR, MATL and the
 * older MATT). Other chunks are skipped by their length. Voxels stay a view of `bytes`.
 *
 * Throws ImportError, and no other class, for whatever is wrong with the file. Linear in the file's size.
 */
export function readVoxFile(bytes: Uint8Array, limits: ImportLimits): VoxFile {
  const reader = new ByteReader(bytes, FORMAT, "header");
  if (reader.tag() !== "VOX ") throw reader.error("UNSUPPORTED_FORMAT", `"VOX "`, "found other bytes", 0);
  const version = reader.int32();
  if (!VERSIONS.includes(version)) {
    throw reader.error("UNSUPPORTED_FORMAT", `version ${VERSIONS.join(" or ")}`, `found ${version}`, 4);
  }
  const draft: VoxDraft = {
    version,
    models: [],
    nodes: new Map(),
    layers: new Map(),
    palette: DEFAULT_VOX_PALETTE,
    materials: new Uint8Array(256),
    chunks: new Map(),
    awaitsVoxels: false,
  };
  readMain(reader, draft, limits);
  if (draft.models.length === 0) {
    throw reader.error("INVALID", "at least one model (SIZE and XYZI)", "found none", reader.end);
  }
  return draft;
}

interface ChunkHeader {
  readonly tag: string;
  readonly offset: number;
  readonly contentBytes: number;
}

/**
 * Reads a chunk's header and checks both lengths. Children follow the content; only MAIN has them in practice, so they
 * are read as chunks that come next.
 */
function readHeader(reader: ByteReader): ChunkHeader {
  const offset = reader.offset;
  reader.path = "chunk header";
  const tag = reader.tag();
  reader.path = shown(tag);
  const contentBytes = reader.uint32();
  const childrenBytes = reader.uint32();
  if (contentBytes + childrenBytes > reader.left) {
    const needed = `${contentBytes + childrenBytes} bytes of chunk ${shown(tag)}`;
    throw reader.error("TRUNCATED", needed, `${reader.left} are left`);
  }
  return { tag, offset, contentBytes };
}

function readMain(reader: ByteReader, draft: VoxDraft, limits: ImportLimits): void {
  const main = readHeader(reader);
  if (main.tag !== "MAIN") {
    throw reader.error("INVALID", "chunk MAIN", `found "${shown(main.tag)}"`, main.offset);
  }
  reader.section(main.contentBytes, "MAIN");
  while (reader.left > 0) {
    const header = readHeader(reader);
    countChunk(draft.chunks, shown(header.tag));
    readChunk(reader.section(header.contentBytes, header.tag), header, draft, limits);
  }
}

function countChunk(chunks: Map<string, number>, name: string): void {
  const counted = chunks.has(name) || chunks.size < MAX_CHUNK_NAMES ? name : "others";
  chunks.set(counted, (chunks.get(counted) ?? 0) + 1);
}

function readChunk(reader: ByteReader, header: ChunkHeader, draft: VoxDraft, limits: ImportLimits): void {
  switch (header.tag) {
    case "SIZE":
      return readSize(reader, draft, limits);
    case "XYZI":
      return readVoxels(reader, draft);
    case "RGBA":
      return readPalette(reader, draft);
    case "MATL":
      return readMaterial(reader, draft);
    case "MATT":
      return readOldMaterial(reader, draft);
    case "LAYR":
      return readLayer(reader, draft, limits);
    case "nTRN":
    case "nGRP":
    case "nSHP":
      return readNode(reader, header, draft, limits);
  }
}

function readSize(reader: ByteReader, draft: VoxDraft, limits: ImportLimits): void {
  const at = reader.offset;
  const size = [reader.int32(), reader.int32(), reader.int32()] as const;
  if (size.some((edge) => edge < 0 || edge > MAX_MODEL_EDGE)) {
    throw reader.error(
      "INVALID",
      `a size of 0 to ${MAX_MODEL_EDGE} an axis`,
      `found ${size.join(" x ")}`,
      at,
    );
  }
  checkCount(reader, draft.models.length, limits.maxSceneNodes, "models", at);
  draft.models.push({ size, voxels: new Uint8Array(0), count: 0 });
  draft.awaitsVoxels = true;
}

function readVoxels(reader: ByteReader, draft: VoxDraft): void {
  const model = draft.models.at(-1);
  if (model === undefined || !draft.awaitsVoxels) {
    throw reader.error("INVALID", "a SIZE chunk before each XYZI", "found none");
  }
  model.count = reader.count(4, "voxels");
  model.voxels = reader.bytes.subarray(reader.offset, reader.offset + model.count * 4);
  draft.awaitsVoxels = false;
}

/** The file's entry i is the colour of index i + 1; a voxel is there whatever alpha says, and 0 would unmake it. */
function readPalette(reader: ByteReader, draft: VoxDraft): void {
  reader.require(1024);
  const palette = new Uint32Array(256);
  for (let index = 1; index < 256; index++) {
    const color = reader.uint32();
    palette[index] = color >>> 24 === 0 ? (color | 0xff000000) >>> 0 : color;
  }
  draft.palette = palette;
}

function readMaterial(reader: ByteReader, draft: VoxDraft): void {
  const id = reader.int32();
  const type = reader.dictionary().get("_type");
  draft.materials[id & 0xff] = MATERIAL_BYTES[type ?? "_diffuse"] ?? 0;
}

/** MATT, the form before MATL: the type is a number with the meaning of the material byte. */
function readOldMaterial(reader: ByteReader, draft: VoxDraft): void {
  const id = reader.int32();
  const type = reader.int32();
  draft.materials[id & 0xff] = type >= 0 && type <= 3 ? type : 0;
}

function readLayer(reader: ByteReader, draft: VoxDraft, limits: ImportLimits): void {
  const at = reader.offset;
  const id = reader.int32();
  const attributes = reader.dictionary();
  checkCount(reader, draft.layers.size, limits.maxSceneNodes, "layers", at);
  draft.layers.set(id, { name: attributes.get("_name") ?? "", hidden: attributes.get("_hidden") === "1" });
}

function readNode(reader: ByteReader, header: ChunkHeader, draft: VoxDraft, limits: ImportLimits): void {
  const at = reader.offset;
  const id = reader.int32();
  reader.path = `${header.tag} ${id}`;
  if (draft.nodes.has(id)) throw reader.error("INVALID", "a node id of its own", `${id} came before`, at);
  checkCount(reader, draft.nodes.size, limits.maxSceneNodes, "scene nodes", at);
  draft.nodes.set(id, NODE_READERS[header.tag as keyof typeof NODE_READERS](reader, header.offset));
}

function checkCount(reader: ByteReader, before: number, limit: number, what: string, offset: number): void {
  if (before >= limit) throw reader.error("LIMIT", `at most ${limit} ${what}`, "found more", offset);
}
