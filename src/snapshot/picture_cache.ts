import { LRUCache } from "lru-cache";

/** Bytes of a picture's entry beside the picture. */
const OVERHEAD_BYTES = 256;
/** Pictures of which it is remembered that they were made otherwise than asked for. */
const MAX_OTHERS = 1024;

/** Pictures that may be asked for again, by entity tag, in a budget of bytes: the one not asked for longest goes first. */
export class PictureCache {
  readonly #pictures: LRUCache<string, Uint8Array<ArrayBuffer>> | undefined;

  /** By the tag of what was asked for, that of what was made instead. */
  readonly #others = new LRUCache<string, string>({ max: MAX_OTHERS });

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

  /** The tag of what is made where that of `asked` is asked for, as far as is known: `asked` itself, or a coarser picture's. */
  madeFor(asked: string): string {
    return this.#others.get(asked) ?? asked;
  }

  /** Remembers that a picture of the same versions is made in place of another. */
  noteMadeFor(asked: string, made: string): void {
    if (asked !== made) this.#others.set(asked, made);
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
