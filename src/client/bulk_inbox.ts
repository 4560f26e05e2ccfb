import { MAGICS, PartJoiner, readBulk, readFrameHeader, readMagic } from "../protocol/mod.ts";

/** Messages that count as received when the server's rate follows the client. */
const BULK: readonly (number | undefined)[] = [MAGICS.frame, MAGICS.bundle, MAGICS.part];

/** The binary messages of one connection: counts them, joins parts, and opens bundles. */
export class BulkInbox {
  readonly #joiner: PartJoiner;
  #receivedBytes = 0;

  /** @param maxTotalBytes longest message that is joined of parts */
  constructor(maxTotalBytes: number) {
    this.#joiner = new PartJoiner({ maxTotalBytes });
  }

  /** Bytes of all frames, bundles and parts since the connection opened. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /**
   * Takes a message; returns the region frames that it completes, as views of one buffer. Messages of other sorts, which a
   * newer server may send, have none.
   * @throws {ProtocolError} if it is damaged: then nobody can say of which regions frames are lost
   */
  receive(message: ArrayBuffer): readonly Uint8Array<ArrayBuffer>[] {
    const bytes = new Uint8Array(message);
    if (BULK.includes(readMagic(bytes))) this.#receivedBytes += bytes.length;
    const whole = this.#joiner.push(bytes);
    if (whole === undefined) return [];
    const frames = readBulk(whole) as Uint8Array<ArrayBuffer>[];
    for (const frame of frames) readFrameHeader(frame);
    return frames;
  }

  /** Another connection: counts from 0, and waits for no parts. */
  reset(): void {
    this.#joiner.reset();
    this.#receivedBytes = 0;
  }
}
