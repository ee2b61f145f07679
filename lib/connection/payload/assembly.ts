/**
 * A message of which a part has arrived. Its bytes are copied together as they arrive, while they are in the CPU's
 * cache.
 */
import { BufferType } from '../../component/contract.js';
import { Utf8Check } from './text.js';

/** Most bytes that are allocated because a frame header announces them. Beyond that, four times the received bytes. */
const MOST_ON_TRUST = 1 << 20;

export class Assembly {
  readonly isText: boolean;
  /** Number of finished frames, or of indications if the backend does not show frames. */
  fragments = 0;
  length = 0;
  readonly check: Utf8Check | null;
  #bytes: Buffer | null = null;

  constructor(type: BufferType, verifyText: boolean) {
    this.isText = isTextType(type);
    this.check = verifyText && this.isText ? new Utf8Check() : null;
  }

  /** @param remaining - bytes of the same frame that are still to come, or -1 if unknown. */
  add(bytes: Uint8Array, start: number, end: number, remaining: number): void {
    const length = this.length + end - start;
    if (this.#bytes === null || this.#bytes.byteLength < length) this.#grow(length, remaining);
    if (end > start)
      this.#bytes!.set(
        start === 0 && end === bytes.byteLength ? bytes : bytes.subarray(start, end),
        this.length,
      );
    this.length = length;
  }

  /**
   * Grows the memory geometrically, so that many small parts cost no more than their bytes. Allocates the announced
   * size at once while that is plausible.
   */
  #grow(length: number, remaining: number): void {
    const announced = length + Math.max(remaining, 0);
    const trusted = Math.min(announced, Math.max(MOST_ON_TRUST, 4 * length));
    const grown = Buffer.allocUnsafe(
      Math.max(length, trusted, this.#bytes === null ? 0 : this.#bytes.byteLength * 2),
    );
    if (this.#bytes !== null) grown.set(this.#bytes.subarray(0, this.length));
    this.#bytes = grown;
  }

  /** The bytes added so far, without spare memory. */
  take(): Buffer {
    return this.#bytes === null ? Buffer.alloc(0) : this.#bytes.subarray(0, this.length);
  }
}

/** Whether this is a type of text, whole or in parts. */
export function isTextType(type: BufferType): boolean {
  return type === BufferType.Utf8Message || type === BufferType.Utf8Fragment;
}

/** Whether a message ends with an indication of this type. */
export function isFinalType(type: BufferType): boolean {
  return type === BufferType.Utf8Message || type === BufferType.BinaryMessage;
}
