import { GRID_FIELDS, GRID_WORDS, REGION_WORDS } from "../../../../../src/build/gpu/grid_words.ts";

/** Twin of `Region` of `shaders/shared/grid.wgsl`. */
export interface Region {
  readonly directoryBase: number;
  readonly directoryWords: number;
  readonly depth: number;
}

/** Twin of `Grid`: the fields by name, over the words of the buffer. */
export class Grid {
  readonly #words: Uint32Array;

  constructor(words: Uint32Array) {
    this.#words = words;
  }

  get regionCount(): number {
    return this.#get("regionCount");
  }
  get directoryWords(): number {
    return this.#get("directoryWords");
  }
  get brickCapacity(): number {
    return this.#get("brickCapacity");
  }
  get leafCapacity(): number {
    return this.#get("leafCapacity");
  }
  get upperCapacity(): number {
    return this.#get("upperCapacity");
  }
  get nodeCapacity(): number {
    return this.#get("nodeCapacity");
  }
  get maskCapacity(): number {
    return this.#get("maskCapacity");
  }
  get outMasks(): number {
    return this.#get("outMasks");
  }
  get outMaterials(): number {
    return this.#get("outMaterials");
  }
  get outColors(): number {
    return this.#get("outColors");
  }
  get sampleCount(): number {
    return this.#get("sampleCount");
  }
  get bricks(): number {
    return this.#get("bricks");
  }
  get heights4(): number {
    return this.#get("heights4");
  }
  get heights5(): number {
    return this.#get("heights5");
  }
  get uppers(): number {
    return this.#get("uppers");
  }
  get leaves(): number {
    return this.#get("leaves");
  }
  get nodes(): number {
    return this.#get("nodes");
  }
  get keyBits(): number {
    return this.#get("keyBits");
  }
  get faults(): number {
    return this.#get("faults");
  }

  set(field: keyof typeof GRID_FIELDS, value: number): void {
    this.#words[GRID_FIELDS[field]] = value;
  }

  region(index: number): Region {
    const at = GRID_WORDS + REGION_WORDS * index;
    return {
      directoryBase: this.#words[at]!,
      directoryWords: this.#words[at + 1]!,
      depth: this.#words[at + 2]!,
    };
  }

  #get(field: keyof typeof GRID_FIELDS): number {
    return this.#words[GRID_FIELDS[field]]!;
  }
}

/** A brick's region, from the word that holds region and key. */
export function brickRegion(info: number): number {
  return info >>> 15;
}

/** A brick's key inside its region. */
export function brickKey(info: number): number {
  return info & 0x7fff;
}
