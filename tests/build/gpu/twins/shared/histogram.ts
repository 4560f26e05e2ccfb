/** Counts materials. The stages do it each in its own way, by what its threads can share. */
export class Histogram {
  readonly #counts = new Uint32Array(256);

  add(material: number): void {
    this.#counts[material]!++;
  }

  /** The material of most, the lowest of equals. */
  commonest(): number {
    let best = 0;
    for (let material = 1; material < 256; material++) {
      if (this.#counts[material]! > this.#counts[best]!) best = material;
    }
    return best;
  }
}
