/**
 * The memory that answers of the addon are written to: made once for each thread, since an answer is read before
 * the addon is called again. The layout is that of `native/marshal.cc` and `native/addon.cc`.
 */

/** Bytes and 32-bit words over the same memory. */
export class Scratch {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;

  constructor(size: number) {
    const memory = new ArrayBuffer(size);
    this.bytes = new Uint8Array(memory);
    this.words = new Uint32Array(memory);
  }
}

/** Room for the buffers of an action of common size, or for 4,094 indications of a bulk call. */
const SIZE = 65536;

let ofActions: Scratch | null = null;
let ofReceives: Scratch | null = null;

/** For calls whose answer is read at once. */
export function actionScratch(): Scratch {
  return (ofActions ??= new Scratch(SIZE));
}

/** For bulk receives, whose answer is read while sinks run, which may call anything. */
export function receiveScratch(): Scratch {
  return (ofReceives ??= new Scratch(SIZE));
}

/** Words of the answer of `getAction`. */
export const enum ActionWord {
  Action = 0,
  BufferType = 1,
  OperationLow = 2,
  OperationHigh = 3,
  Context = 4,
  Window = 5,
  BufferCount = 6,
  CloseStatus = 7,
  /** Three words for each buffer: where it is, its position, its length. */
  Buffers = 16,
}

export const WORDS_PER_BUFFER = 3;

/** In the word of the close status: none. */
export const NO_CLOSE = 0xffffffff;

/** Where a buffer of an action is. */
export const enum BufferPlace {
  /** Copied to the scratch, at a byte. */
  Scratch = 0,
  /** In the payload of the send, at a byte. */
  Payload = 1,
  /** Still in the DLL, under an index, as it is too large for the scratch. */
  Component = 2,
}

/** Words of the answer of the bulk functions. */
export const enum BulkWord {
  Count = 0,
  SlabUsed = 1,
  SpillLength = 2,
  Full = 3,
  Consumed = 4,
  Written = 5,
  FailedInGetAction = 6,
  /** Four words for each entry: kind, start, end, extra. */
  Entries = 8,
}

export const WORDS_PER_ENTRY = 4;

/** Kinds of entries beside the buffer types: output, in the slab or in the payload of the send. */
export const OUTPUT_IN_SLAB = 1;
export const OUTPUT_IN_PAYLOAD = 2;

/** Bits of `extra`: the bytes are in the spill; a close frame had a reason. The low 16 bits are its status. */
export const IN_SPILL = 0x80000000;
export const HAS_REASON = 0x00010000;
