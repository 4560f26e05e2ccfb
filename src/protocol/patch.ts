import { MAGICS } from "./magic.ts";
import { VoxcastError } from "./voxcast_error.ts";

/** Media type of a binary voxel patch. */
export const PATCH_MEDIA_TYPE = "application/vnd.voxcast.patch";
export const PATCH_HEADER_BYTES = 16;
const FLAG_MATERIALS = 1;

/** Cells to set or remove. */
export interface PatchCells {
  /** Global cell coordinates, x, y, z of each cell in turn. */
  readonly positions: Uint32Array;
  /** RGBA8 packed `r | g<<8 | b<<16 | a<<24`, one a cell; alpha 0 removes the voxel. */
  readonly colors: Uint32Array;
  /** One a cell; absent means 0 for all. */
  readonly materials?: Uint8Array;
}

/** Bytes of a patch of this many cells. */
export function patchBytes(cells: number, withMaterials: boolean): number {
  return PATCH_HEADER_BYTES + cells * (withMaterials ? 17 : 16);
}

/** Writes a patch. Throws RangeError if the arrays do not belong together. Linear in the cells. */
export function encodePatch(cells: PatchCells): Uint8Array<ArrayBuffer> {
  const { positions, colors, materials } = cells;
  const count = colors.length;
  if (positions.length !== count * 3 || (materials !== undefined && materials.length !== count)) {
    throw new RangeError(
      `Patch arrays of ${count} cells need ${count * 3} coordinates and ${count} materials`,
    );
  }
  const bytes = new Uint8Array(patchBytes(count, materials !== undefined));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGICS.patch, true);
  view.setUint32(4, materials === undefined ? 0 : FLAG_MATERIALS, true);
  view.setUint32(8, count, true);
  // Offsets 16 and 16 + 12n are multiples of four, and the machines that run this are little endian.
  new Uint32Array(bytes.buffer, PATCH_HEADER_BYTES, count * 3).set(positions);
  new Uint32Array(bytes.buffer, PATCH_HEADER_BYTES + count * 12, count).set(colors);
  if (materials !== undefined) bytes.set(materials, PATCH_HEADER_BYTES + count * 16);
  return bytes;
}

/**
 * Reads a patch; the arrays returned are copies. Whether the cells lie in a world is for the world to say.
 * Throws VoxcastError INVALID_BODY with the byte offset; takes no more memory than the input has. Linear in the cells.
 */
export function decodePatch(bytes: Uint8Array): PatchCells {
  if (bytes.length < PATCH_HEADER_BYTES) {
    fail(0, `the header needs ${PATCH_HEADER_BYTES} bytes, ${bytes.length} are there`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const magic = view.getUint32(0, true);
  if (magic !== MAGICS.patch) {
    fail(0, `the magic is 0x${magic.toString(16).padStart(8, "0")}, not 0x54505856 ("VXPT")`);
  }
  const flags = view.getUint32(4, true);
  if ((flags & ~FLAG_MATERIALS) !== 0) {
    fail(4, `flags 0x${flags.toString(16)} have bits other than 1 (materials)`);
  }
  const count = view.getUint32(8, true);
  if (view.getUint32(12, true) !== 0) fail(12, "the reserved field is not 0");
  const size = patchBytes(count, flags === FLAG_MATERIALS);
  if (size !== bytes.length) fail(8, `${count} cells need ${size} bytes in all, ${bytes.length} are there`);
  const colorsStart = PATCH_HEADER_BYTES + count * 12;
  const materialsStart = colorsStart + count * 4;
  const positions = new Uint32Array(bytes.slice(PATCH_HEADER_BYTES, colorsStart).buffer);
  const colors = new Uint32Array(bytes.slice(colorsStart, materialsStart).buffer);
  return flags === FLAG_MATERIALS
    ? { positions, colors, materials: bytes.slice(materialsStart) }
    : { positions, colors };
}

function fail(offset: number, reason: string): never {
  throw new VoxcastError("INVALID_BODY", `Cannot read patch at byte ${offset}: ${reason}`);
}
