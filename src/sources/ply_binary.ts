import { type PlyElement, type PlyProperty, type PlyScalar, SCALAR_BYTES } from "./ply_header.ts";
import { type PlyRows, rowError } from "./ply_rows.ts";

/** Rows of a binary PLY body of either byte order. */
export class BinaryRows implements PlyRows {
  readonly isText = false;
  offset: number;
  readonly #view: DataView;
  readonly #littleEndian: boolean;

  constructor(bytes: Uint8Array, bodyOffset: number, littleEndian: boolean) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.offset = bodyOffset;
    this.#littleEndian = littleEndian;
  }

  minBytes(element: PlyElement): number {
    const { count, properties } = element;
    return count * properties.reduce((sum, { type, countType }) => sum + SCALAR_BYTES[countType ?? type], 0);
  }

  readRow(element: PlyElement, row: Float64Array): void {
    const { properties } = element;
    for (let i = 0; i < properties.length; i++) {
      const property = properties[i]!;
      if (property.countType === undefined) row[i] = this.#scalar(element, property.type);
      else this.#skipList(element, property);
    }
  }

  /** Constant time without lists: the size of the rows is known. */
  skip(element: PlyElement): void {
    if (element.properties.length === 0) return; // Rows without values take no bytes, however many there are.
    if (element.properties.every((property) => property.countType === undefined)) {
      this.#advance(element, this.minBytes(element));
      return;
    }
    const row = new Float64Array(element.properties.length);
    for (let i = 0; i < element.count; i++) this.readRow(element, row);
  }

  #skipList(element: PlyElement, property: PlyProperty): void {
    const at = this.offset;
    const length = this.#scalar(element, property.countType!);
    if (length < 0) throw rowError("INVALID", element, at, "a list length from 0", `found ${length}`);
    this.#advance(element, length * SCALAR_BYTES[property.type]);
  }

  #advance(element: PlyElement, count: number): void {
    const left = this.#view.byteLength - this.offset;
    if (count > left) throw rowError("TRUNCATED", element, this.offset, `${count} bytes`, `${left} are left`);
    this.offset += count;
  }

  #scalar(element: PlyElement, type: PlyScalar): number {
    const at = this.offset;
    this.#advance(element, SCALAR_BYTES[type]);
    switch (type) {
      case "float32":
        return this.#view.getFloat32(at, this.#littleEndian);
      case "float64":
        return this.#view.getFloat64(at, this.#littleEndian);
      case "uint8":
        return this.#view.getUint8(at);
      case "int8":
        return this.#view.getInt8(at);
      case "uint16":
        return this.#view.getUint16(at, this.#littleEndian);
      case "int16":
        return this.#view.getInt16(at, this.#littleEndian);
      case "uint32":
        return this.#view.getUint32(at, this.#littleEndian);
      case "int32":
        return this.#view.getInt32(at, this.#littleEndian);
    }
  }
}
