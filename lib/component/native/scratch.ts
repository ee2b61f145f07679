/**
 * The memory from which the addon reads its inputs and into which it writes its answers. It is made once per thread,
 * since an answer is read before the addon is called again. The layout is that of `native/marshal.cc` and
 * `native/addon.cc`.
 */

/** Words for the buffers of an action of common size, or for 4,094 indications of a bulk call. */
const COUNT = 16384;

let ofActions: Uint32Array | null = null;
let ofReceives: Uint32Array | null = null;

/** The scratch for calls whose answer is read at once. */
export function actionScratch(): Uint32Array {
  return (ofActions ??= new Uint32Array(COUNT));
}

/** The scratch for bulk receives: their answer is read while sinks run, and a sink may call any function. */
export function receiveScratch(): Uint32Array {
  return (ofReceives ??= new Uint32Array(COUNT));
}

/** The value of a word that means "none". */
export const NONE = 0xffffffff;

/** The number that two words hold. */
export function numberAt(words: Uint32Array, at: number): number {
  return words[at]! + words[at + 1]! * 0x100000000;
}

/** Words that `create` takes. It writes the number of the new handle into the first two. */
export const enum CreateWord {
  /** Which of the following are given, a bit each. */
  Given = 0,
  ReceiveBufferSize = 1,
  SendBufferSize = 2,
  AllocatedBufferSize = 3,
  /** The values of the switches, by the same bits as in `Given`. */
  Disabled = 4,
}

/** Bits of {@link CreateWord.Given}. */
export const enum Given {
  ReceiveBufferSize = 1,
  SendBufferSize = 2,
  AllocatedBufferSize = 4,
  DisableMasking = 8,
  DisableUtf8Verification = 16,
}

/** Words before the lengths of the texts: the numbers of subprotocols, extensions, and names and values of headers. */
export const TEXT_HEADER = 3;

/** Words of the answer of `getAction`. */
export const enum ActionWord {
  Action = 0,
  BufferType = 1,
  /** Two words. */
  Operation = 2,
  /** Two words. */
  Context = 4,
  Window = 6,
  BufferCount = 7,
  CloseStatus = 8,
  /** Three words for each buffer: where it is, its position, its length. */
  Buffers = 16,
}

export const WORDS_PER_BUFFER = 3;

/** Where the bytes of a buffer of an action are. */
export const enum BufferPlace {
  /** In the scratch, at a byte position. */
  Scratch = 0,
  /** In the payload of the send, at a byte position. */
  Payload = 1,
  /** Still in the DLL, under an index, as it is too large for the scratch. */
  Component = 2,
}

/** Words of the bulk functions. `SlabUsed`, `Consumed` and `Written` are read before they answer. */
export const enum BulkWord {
  Result = 0,
  Count = 1,
  SlabUsed = 2,
  SpillLength = 3,
  Full = 4,
  Consumed = 5,
  Written = 6,
  FailedInGetAction = 7,
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
