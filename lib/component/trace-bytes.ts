/**
 * The bytes of a trace. The same calls give the same text on every run, so the random mask keys are replaced by
 * placeholders; a replay puts a fixed key in their place.
 */

/** Bytes as hexadecimal digits. */
export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** Replaces the keys of a trace when it is replayed. */
const REPLAY_KEY: readonly number[] = [0x37, 0xfa, 0x21, 0x3d];

/**
 * Follows frames in a stream of bytes: tells for each byte whether it belongs to a header, a mask key, or a payload.
 */
class FrameFollower {
  private header: number[] = [];
  private keyStart = 2;
  private end = 2;
  /** Payload bytes of the frame that are still to come. */
  left = 0;
  key = [0, 0, 0, 0];
  phase = 0;

  /** The frame was cancelled: a header comes next. */
  reset(): void {
    this.header = [];
    this.left = 0;
  }

  /** The index of the mask key's byte that comes next; -1 if another byte comes. Do not call this within a payload. */
  get keyIndex(): number {
    const at = this.header.length;
    return at >= 2 && at >= this.keyStart ? at - this.keyStart : -1;
  }

  /** Takes a byte that does not belong to a payload. */
  take(byte: number): void {
    const index = this.keyIndex;
    if (index >= 0) this.key[index] = byte;
    const { header } = this;
    header.push(byte);
    if (header.length === 2) {
      const form = byte & 0x7f;
      this.keyStart = 2 + (form === 127 ? 8 : form === 126 ? 2 : 0);
      this.end = this.keyStart + (byte >= 0x80 ? 4 : 0);
    }
    if (header.length < 2 || header.length < this.end) return;
    let length = header[1]! & 0x7f;
    if (length >= 126) {
      length = 0;
      for (let at = 2; at < this.keyStart; at++) length = length * 256 + header[at]!;
    }
    if (header[1]! < 0x80) this.key.fill(0);
    this.left = length;
    this.phase = 0;
    this.header = [];
  }

  /** Applies the mask to the payload bytes from a position on; returns the position behind them. */
  unmask(bytes: Uint8Array, at: number): number {
    const end = Math.min(bytes.length, at + this.left);
    this.left -= end - at;
    for (; at < end; at++) bytes[at] = bytes[at]! ^ this.key[this.phase++ & 3]!;
    return end;
  }
}

/** Writes bytes without the random parts: `xx` for each byte of a mask key, then the payload unmasked. */
export class UnmaskedText {
  private readonly follower = new FrameFollower();

  reset(): void {
    this.follower.reset();
  }

  render(bytes: Uint8Array): string {
    const { follower } = this;
    // A copy: the slice of a Buffer would be a view of the bytes that the program has to write.
    const plain = Uint8Array.from(bytes);
    let text = '';
    for (let at = 0; at < plain.length;) {
      const start = at;
      if (follower.left > 0) at = follower.unmask(plain, at);
      else {
        const isKey = follower.keyIndex >= 0;
        follower.take(plain[at++]!);
        if (isKey) {
          text += 'xx';
          continue;
        }
      }
      text += hex(plain.subarray(start, at));
    }
    return text;
  }
}

/** Turns the text of a trace into bytes again; each `xx` becomes a byte of the replay key. */
export class RemaskedBytes {
  private readonly follower = new FrameFollower();

  parse(text: string): Uint8Array {
    const { follower } = this;
    const bytes = Uint8Array.from(Buffer.from(text.replaceAll('xx', '00'), 'hex'));
    for (let at = 0; at < bytes.length;) {
      if (follower.left > 0) at = follower.unmask(bytes, at);
      else {
        if (text.startsWith('xx', 2 * at)) bytes[at] = REPLAY_KEY[follower.keyIndex]!;
        follower.take(bytes[at++]!);
      }
    }
    return bytes;
  }
}
