/**
 * Output that waits to be written: what is small is copied together, what is large is kept by reference.
 *
 * Small pieces of all sessions of a thread come out of one slab after another, so an idle session owns none.
 * Pieces that follow each other in the slab leave as one chunk.
 */

/** From this many bytes on, a chunk of its own costs less than a copy. */
const LARGE = 8192;
const SLAB_SIZE = 65536;

let slab = Buffer.allocUnsafeSlow(0);
let slabUsed = 0;

export class Output {
  #chunks: Uint8Array[] = [];
  #length = 0;
  /** The piece at the end that may still grow: from `#start` to `#end` of `#slab`. */
  #slab: Buffer | null = null;
  #start = 0;
  #end = 0;

  get length(): number {
    return this.#length;
  }

  add(bytes: Uint8Array): void {
    const length = bytes.byteLength;
    this.#length += length;
    if (length >= LARGE) {
      this.#seal();
      this.#chunks.push(bytes);
      return;
    }
    if (slab.byteLength - slabUsed < length) {
      slab = Buffer.allocUnsafeSlow(SLAB_SIZE);
      slabUsed = 0;
    }
    if (this.#slab !== slab || this.#end !== slabUsed) {
      this.#seal();
      this.#slab = slab;
      this.#start = slabUsed;
    }
    slab.set(bytes, slabUsed);
    slabUsed += length;
    this.#end = slabUsed;
  }

  #seal(): void {
    if (this.#slab !== null) this.#chunks.push(this.#slab.subarray(this.#start, this.#end));
    this.#slab = null;
  }

  take(): Uint8Array[] {
    this.#seal();
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#length = 0;
    return chunks;
  }
}
