import { LRUCache } from "lru-cache";

/** Bytes of a picture's entry beside the picture. */
const OVERHEAD_BYTES = 256;

/** Pictures that may be asked for again, by entity tag, in a budget of bytes: the one not asked for longest goes first. */
export class PictureCache {
  readonly #pictures: LRUCache<string, Uint8Array<ArrayBuffer>> | undefined;

  /** @param maxBytes 0 for none */
  constructor(maxBytes: number) {
    if (maxBytes === 0) return;
    this.#pictures = new LRUCache({
      maxSize: maxBytes,
      sizeCalculation: (png) => png.length + OVERHEAD_BYTES,
    });
  }

  /** Bytes that are kept. */
  get bytes(): number {
    return this.#pictures?.calculatedSize ?? 0;
  }

  /** A picture that is here. */
  get(tag: string): Uint8Array<ArrayBuffer> | undefined {
    return this.#pictures?.get(tag);
  }

  /** Keeps a picture, unless it alone is more than there is room for. */
  put(tag: string, png: Uint8Array<ArrayBuffer>): void {
    this.#pictures?.set(tag, png);
  }
}
