import type { ByteReader } from "./byte_reader.ts";
import { shown } from "./import_error.ts";
import {
  IDENTITY,
  type VoxGroupNode,
  type VoxShapeNode,
  type VoxTransform,
  type VoxTransformNode,
} from "./vox_file.ts";

/** Furthest that one node may move its child; keeps sums along a path of nodes inside 32 bits. */
const MAX_TRANSLATION = 1_048_576;

/** An animation has one model a frame; more than this is no animation. */
const MAX_SHAPE_MODELS = 65_536;

/** Content of an nTRN chunk after the node id. Of an animation the earliest frame counts. */
export function readTransformNode(reader: ByteReader, offset: number): VoxTransformNode {
  const path = reader.path;
  const attributes = reader.dictionary();
  const child = reader.int32();
  reader.int32(); // Reserved, always -1.
  const layer = reader.int32();
  const frames = reader.count(4, "frames");
  let transform = IDENTITY;
  let earliest = Infinity;
  for (let i = 0; i < frames; i++) {
    const at = reader.offset;
    const frame = reader.dictionary();
    const moment = frameMoment(frame, i);
    if (moment >= earliest) continue;
    earliest = moment;
    transform = readTransform(reader, frame, path, at);
  }
  return {
    kind: "transform",
    name: attributes.get("_name") ?? "",
    hidden: attributes.get("_hidden") === "1",
    layer,
    child,
    transform,
    offset,
  };
}

/** Content of an nGRP chunk after the node id. */
export function readGroupNode(reader: ByteReader, offset: number): VoxGroupNode {
  const attributes = reader.dictionary();
  const children = new Int32Array(reader.count(4, "children"));
  for (let i = 0; i < children.length; i++) children[i] = reader.int32();
  return { kind: "group", hidden: attributes.get("_hidden") === "1", children, offset };
}

/**
 * Content of an nSHP chunk after the node id. Models that carry a frame number are moments of an animation: the earliest
 * is shown. Without frame numbers all are shown.
 */
export function readShapeNode(reader: ByteReader, offset: number): VoxShapeNode {
  const attributes = reader.dictionary();
  const at = reader.offset;
  const count = reader.count(8, "models");
  if (count > MAX_SHAPE_MODELS) {
    throw reader.error("LIMIT", `at most ${MAX_SHAPE_MODELS} models a shape`, `found ${count}`, at);
  }
  const models: number[] = [];
  const moments: number[] = [];
  let animated = false;
  for (let i = 0; i < count; i++) {
    models.push(reader.int32());
    const frame = reader.dictionary();
    animated ||= frame.has("_f");
    moments.push(frameMoment(frame, i));
  }
  const hidden = attributes.get("_hidden") === "1";
  if (!animated || count < 2) return { kind: "shape", hidden, models, laterModels: [], offset };
  let first = 0;
  for (let i = 1; i < count; i++) if (moments[i]! < moments[first]!) first = i;
  return {
    kind: "shape",
    hidden,
    models: [models[first]!],
    laterModels: models.filter((_, i) => i !== first),
    offset,
  };
}

/** The number of an animation frame; frames without one keep their order. */
function frameMoment(frame: ReadonlyMap<string, string>, index: number): number {
  const text = frame.get("_f");
  const moment = text === undefined ? index : Number(text);
  return Number.isFinite(moment) ? moment : index;
}

function readTransform(
  reader: ByteReader,
  frame: ReadonlyMap<string, string>,
  path: string,
  offset: number,
): VoxTransform {
  const rotation = frame.get("_r");
  const translation = frame.get("_t");
  reader.path = `${path}/_r`;
  const { axes, signs } = rotation === undefined ? IDENTITY : readRotation(reader, rotation, offset);
  reader.path = `${path}/_t`;
  const moved = translation === undefined
    ? IDENTITY.translation
    : readTranslation(reader, translation, offset);
  reader.path = path;
  return { axes, signs, translation: moved };
}

/**
 * The rotation byte: bits 0-1 and 2-3 name the column that holds the entry of rows 0 and 1 of a row-major matrix, row 2
 * gets the column that is left; bits 4-6 are the signs of the rows (1 = negative). Mirrors are as good as rotations.
 */
function readRotation(
  reader: ByteReader,
  text: string,
  offset: number,
): Pick<VoxTransform, "axes" | "signs"> {
  const byte = /^\d{1,3}$/.test(text) ? Number(text) : -1;
  const first = byte & 3;
  const second = (byte >> 2) & 3;
  if (byte < 0 || byte > 127 || first === 3 || second === 3 || first === second) {
    throw reader.error(
      "INVALID",
      "a rotation byte with three different axes",
      `found "${shown(text)}"`,
      offset,
    );
  }
  return {
    axes: [first, second, 3 - first - second],
    signs: [byte & 16 ? -1 : 1, byte & 32 ? -1 : 1, byte & 64 ? -1 : 1],
  };
}

function readTranslation(
  reader: ByteReader,
  text: string,
  offset: number,
): readonly [number, number, number] {
  const parts = text.trim().split(/\s+/, 4).map((part) => /^[+-]?\d{1,9}$/.test(part) ? Number(part) : NaN);
  const [x, y, z] = parts;
  if (parts.length !== 3 || !parts.every((value) => Math.abs(value) <= MAX_TRANSLATION)) {
    throw reader.error(
      "INVALID",
      `three whole numbers within +-${MAX_TRANSLATION}`,
      `found "${shown(text)}"`,
      offset,
    );
  }
  return [x!, y!, z!];
}
