/**
 * Removes the randomness from a stream of frames: mask keys become zero, and payloads are unmasked. Frames may come
 * in any pieces.
 */
export class Unmasker {
  private header: number[] = [];
  private key: readonly number[] | null = null;
  private remaining = 0;
  private phase = 0;

  /** The next byte begins a frame. */
  reset(): void {
    this.header = [];
    this.key = null;
    this.remaining = 0;
    this.phase = 0;
  }

  take(bytes: Uint8Array): Uint8Array {
    const result = Uint8Array.from(bytes);
    for (let index = 0; index < result.length; index++) {
      if (this.remaining > 0) {
        if (this.key !== null) result[index]! ^= this.key[this.phase++ & 3]!;
        if (--this.remaining === 0) this.reset();
      } else {
        this.header.push(result[index]!);
        if (this.keyPosition() < this.header.length && this.isMasked()) result[index] = 0;
        if (this.header.length === this.headerLength()) this.startPayload();
      }
    }
    return result;
  }

  private isMasked(): boolean {
    return this.header.length > 1 && this.header[1]! >= 0x80;
  }

  private keyPosition(): number {
    const length = this.header.length > 1 ? this.header[1]! & 0x7f : 0;
    return 2 + (length === 127 ? 8 : length === 126 ? 2 : 0);
  }

  private headerLength(): number {
    if (this.header.length < 2) return 2;
    return this.keyPosition() + (this.isMasked() ? 4 : 0);
  }

  private startPayload(): void {
    const { header } = this;
    const position = this.keyPosition();
    let length = header[1]! & 0x7f;
    if (length > 125) length = header.slice(2, position).reduce((sum, byte) => sum * 256 + byte, 0);
    const key = this.isMasked() ? header.slice(position, position + 4) : null;
    this.reset();
    this.key = length === 0 ? null : key;
    this.remaining = length;
  }
}
