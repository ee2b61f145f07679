/**
 * Output that waits to be written. The addon frames straight into a slab that all handles of a thread share, one
 * after another, so that an idle handle owns none; pieces that follow each other leave as one chunk.
 */

const SLAB_SIZE = 65536;

/** Memory that output is framed into, from `used` on. */
export interface Slab {
  readonly bytes: Uint8Array;
  used: number;
}

let slab: Slab = { bytes: new Uint8Array(0), used: 0 };

/** A slab with at least so much room: the shared one, or for large output one of its own. */
export function slabWith(room: number): Slab {
  if (room > SLAB_SIZE / 2) return { bytes: Buffer.allocUnsafeSlow(room), used: 0 };
  if (slab.bytes.byteLength - slab.used < room) slab = { bytes: Buffer.allocUnsafeSlow(SLAB_SIZE), used: 0 };
  return slab;
}

export class Output {
  private chunks: Uint8Array[] = [];
  /** The piece at the end that may still grow: from `start` to `end` of `bytes`. */
  private bytes: Uint8Array | null = null;
  private start = 0;
  private end = 0;
  length = 0;

  add(bytes: Uint8Array, start: number, end: number): void {
    this.length += end - start;
    if (this.bytes === bytes && this.end === start) {
      this.end = end;
      return;
    }
    this.seal();
    this.bytes = bytes;
    this.start = start;
    this.end = end;
  }

  private seal(): void {
    if (this.bytes !== null) this.chunks.push(this.bytes.subarray(this.start, this.end));
    this.bytes = null;
  }

  take(): Uint8Array[] {
    this.seal();
    const chunks = this.chunks;
    this.chunks = [];
    this.length = 0;
    return chunks;
  }
}
