/**
 * A message of which a part has arrived. Its parts become one piece of memory:
 *
 * - A first frame that comes in several chunks may be the whole message. It is copied into room for all of it, while its
 *   bytes are in the CPU's cache.
 * - Short frames are copied together into one room after another.
 * - Longer frames stay in their chunks until the end of the message. Then all is copied once.
 */
import { BufferType } from '../../component/contract.js';
import { partOf } from './part.js';
import { Utf8Check } from './text.js';

/** Most bytes that are allocated because a frame header announces them. Beyond that, four times the received bytes. */
const MOST_ON_TRUST = 1 << 20;
/** Room for short frames, in bytes: as much as the message has, within these limits. */
const LEAST_ROOM = 1 << 10;
const MOST_ROOM = 1 << 16;
/** Least bytes of a frame that stays in its chunk. */
const LEAST_IN_PLACE = 1 << 10;
/**
 * Most bytes of chunks that frames in place keep in memory, besides twice the length of the message. A peer could send
 * much else between the frames.
 */
const MOST_KEPT_BESIDES = 1 << 17;

export class Assembly {
  readonly isText: boolean;
  /** Number of finished frames, or of indications if the backend does not show frames. */
  fragments = 0;
  length = 0;
  readonly check: Utf8Check | null;
  /** The parts before {@link #room}, in order. */
  #parts: Uint8Array[] = [];
  /** Memory for the bytes to come, filled up to `#used`. */
  #room: Buffer | null = null;
  #used = 0;
  /** Whether the last bytes did not end their frame. */
  #isInFrame = false;
  /** The memory of the last frame in place, and the bytes of all such memory. */
  #keptMemory: ArrayBufferLike | null = null;
  #kept = 0;

  constructor(type: BufferType, verifyText: boolean) {
    this.isText = isTextType(type);
    this.check = verifyText && this.isText ? new Utf8Check() : null;
  }

  /** @param remaining - bytes of the same frame that are still to come, or -1 if unknown. */
  add(bytes: Uint8Array, start: number, end: number, remaining: number): void {
    const size = end - start;
    this.length += size;
    if (this.#room === null || this.#room.byteLength - this.#used < size) {
      const isPart = remaining <= 0 || this.fragments !== 0;
      if (isPart && size >= LEAST_IN_PLACE && this.#mayKeep(bytes.buffer)) {
        this.#endRoom();
        this.#parts.push(partOf(bytes, start, end));
        this.#isInFrame = remaining > 0;
        return;
      }
      this.#makeRoom(size, Math.max(remaining, 0));
    }
    this.#isInFrame = remaining > 0;
    if (size === 0) return;
    this.#room!.set(partOf(bytes, start, end), this.#used);
    this.#used += size;
  }

  /** Whether a frame may keep this memory until the end of the message. */
  #mayKeep(memory: ArrayBufferLike): boolean {
    const kept = this.#kept + (memory === this.#keptMemory ? 0 : memory.byteLength);
    if (kept > 2 * this.length + MOST_KEPT_BESIDES) return false;
    this.#keptMemory = memory;
    this.#kept = kept;
    return true;
  }

  /** Makes room for bytes that have arrived, and for the rest of their frame as far as that is plausible. */
  #makeRoom(size: number, remaining: number): void {
    const trusted = Math.min(size + remaining, Math.max(MOST_ON_TRUST, 4 * this.length));
    const grown = this.#room;
    if (grown !== null && this.#isInFrame && this.#parts.length === 0) {
      // The message is one frame so far. It grows in one piece, so that its end needs no copy.
      this.#room = Buffer.allocUnsafe(Math.max(this.#used + trusted, grown.byteLength * 2));
      this.#room.set(grown.subarray(0, this.#used));
      return;
    }
    this.#endRoom();
    this.#room = Buffer.allocUnsafe(
      Math.max(trusted, Math.min(Math.max(this.length, LEAST_ROOM), MOST_ROOM)),
    );
  }

  #endRoom(): void {
    if (this.#used !== 0) this.#parts.push(this.#room!.subarray(0, this.#used));
    this.#room = null;
    this.#used = 0;
  }

  /**
   * The bytes added so far, without spare memory; null if memory of a chunk has been detached, which Node prevents and
   * other hosts do not.
   */
  take(): Buffer | null {
    this.#endRoom();
    const parts = this.#parts;
    this.#parts = [];
    const [first] = parts;
    if (parts.length === 1 && first!.byteLength === this.length) return first as Buffer;
    const whole = Buffer.allocUnsafe(this.length);
    let at = 0;
    for (const part of parts) {
      // A detached part has no bytes, and newer versions of V8 refuse to copy it.
      if (part.byteLength === 0) break;
      whole.set(part, at);
      at += part.byteLength;
    }
    return at === this.length ? whole : null;
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
