/** Counts the frames of a server in a stream of bytes without looking at what they carry. */
export class FrameCounter {
  /** Bytes of the present frame that are still to come. */
  #missing = 0;
  #head: number[] = [];

  /** Frames that ended in `bytes`. Throws for one of 64 KiB or more. */
  add(bytes: Uint8Array): number {
    let count = 0;
    for (let at = 0; at < bytes.length;) {
      if (this.#missing > 0) {
        const skipped = Math.min(this.#missing, bytes.length - at);
        this.#missing -= skipped;
        at += skipped;
        if (this.#missing === 0) count++;
        continue;
      }
      this.#head.push(bytes[at++]!);
      const short = this.#head[1];
      if (short === undefined || (short === 126 && this.#head.length < 4)) continue;
      if (short === 127) throw new Error("An answer is longer than the load expects");
      this.#missing = short === 126 ? this.#head[2]! * 256 + this.#head[3]! : short;
      if (this.#missing === 0) count++;
      this.#head = [];
    }
    return count;
  }
}
