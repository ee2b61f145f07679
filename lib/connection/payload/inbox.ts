/**
 * The inbox: received items that no reader has taken yet, and the reader that waits for the next one. Made when first
 * needed.
 */
import { abortReason } from './signals.js';

/** A part of a message, for a reader of message streams. */
export class Piece {
  constructor(
    readonly isText: boolean,
    readonly bytes: Uint8Array,
    readonly isFinal: boolean,
  ) {}
}

/** A whole message, or a part of one. */
export type Item = string | Uint8Array | Piece;

interface Waiting {
  resolve(result: IteratorResult<Item, undefined>): void;
  reject(error: unknown): void;
}

/** A reader of whole messages. */
export interface Reader {
  /** Whether other readers are refused even while this reader does not wait. */
  readonly isHolding: boolean;
}

/** Weight of an item besides its bytes, so that empty messages fill the inbox too. */
const OVERHEAD = 64;

/** Replaces an empty array of bytes. So an array that is empty because its memory was detached can be recognized. */
const NO_BYTES = new Uint8Array(0);

function weightOf(item: Item): number {
  if (typeof item === 'string') return item.length + OVERHEAD;
  return (item instanceof Piece ? item.bytes.byteLength : item.byteLength) + OVERHEAD;
}

/** The item as it is stored in the inbox. */
function kept(item: Item): Item {
  if (typeof item === 'string') return item;
  if (!(item instanceof Piece)) return item.byteLength === 0 ? NO_BYTES : item;
  return item.bytes.byteLength === 0 ? new Piece(item.isText, NO_BYTES, item.isFinal) : item;
}

export class Inbox {
  /** Bytes of what waits, with an overhead for each item. */
  weight = 0;
  #items: Item[] = [];
  #head = 0;
  /** The latest reader, until it has left or has been told of the end. */
  reader: Reader | null = null;
  readonly #waiting: Waiting[] = [];
  #ended = false;
  #error: Error | null = null;

  get isEmpty(): boolean {
    return this.#head === this.#items.length;
  }

  /** The number of unread items. */
  get length(): number {
    return this.#items.length - this.#head;
  }

  /** Whether a reader waits. */
  get isWanted(): boolean {
    return this.#waiting.length !== 0;
  }

  /** Whether the oldest item has lost its bytes because its memory was detached. */
  get isNextLost(): boolean {
    const item = this.#items[this.#head];
    if (item === undefined || typeof item === 'string') return false;
    const bytes = item instanceof Piece ? item.bytes : item;
    return bytes.byteLength === 0 && bytes !== NO_BYTES;
  }

  push(item: Item): void {
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) {
      waiting.resolve({ value: item, done: false });
      return;
    }
    this.#items.push(kept(item));
    this.weight += weightOf(item);
  }

  /** The oldest item, or undefined. */
  shift(): Item | undefined {
    const items = this.#items;
    if (this.#head === items.length) return undefined;
    const item = items[this.#head]!;
    // The slot is cleared, so that the array does not keep a taken message in memory.
    items[this.#head++] = '';
    this.weight -= weightOf(item);
    if (this.#head === items.length) {
      items.length = 0;
      this.#head = 0;
      // An item that has lost its bytes weighs less than when it was stored, so the sum may be wrong.
      this.weight = 0;
    } else if (this.#head > 1024 && this.#head * 2 > items.length) {
      this.#items = items.slice(this.#head);
      this.#head = 0;
    }
    return item === NO_BYTES ? Buffer.alloc(0) : item;
  }

  /** Drops the parts of messages: their reader has gone. */
  dropPieces(): void {
    const items = this.#items.slice(this.#head).filter((item) => !(item instanceof Piece));
    this.#items = items;
    this.#head = 0;
    this.weight = items.reduce((weight, item) => weight + weightOf(item), 0);
  }

  /** Resolves with the oldest item, as soon as there is one. */
  next(signal?: AbortSignal): Promise<IteratorResult<Item, undefined>> {
    if (signal?.aborted === true) {
      this.reader = null;
      return Promise.reject(abortReason(signal));
    }
    const item = this.shift();
    if (item !== undefined) return Promise.resolve({ value: item, done: false });
    if (this.#ended) {
      const error = this.#error;
      this.#error = null;
      this.reader = null;
      return error === null ? Promise.resolve({ value: undefined, done: true }) : Promise.reject(error);
    }
    return new Promise((resolve, reject) => {
      if (signal === undefined) this.#waiting.push({ resolve, reject });
      else this.#waitUntil(signal, resolve, reject);
    });
  }

  #waitUntil(signal: AbortSignal, resolve: Waiting['resolve'], reject: Waiting['reject']): void {
    const waiting: Waiting = {
      resolve: (result) => {
        signal.removeEventListener('abort', onAbort);
        resolve(result);
      },
      reject: (error) => {
        signal.removeEventListener('abort', onAbort);
        reject(error);
      },
    };
    const onAbort = (): void => {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      this.reader = null;
      waiting.reject(abortReason(signal));
    };
    signal.addEventListener('abort', onAbort);
    this.#waiting.push(waiting);
  }

  /** The reader stops reading. */
  leave(): void {
    this.reader = null;
    for (const waiting of this.#waiting.splice(0)) waiting.resolve({ value: undefined, done: true });
  }

  /** Nothing will follow. Readers get the stored items, then the error, once, or the end. */
  end(error: Error | null): void {
    if (this.#ended) return;
    this.#ended = true;
    const [first, ...others] = this.#waiting.splice(0);
    if (first !== undefined) this.reader = null;
    if (first === undefined) this.#error = error;
    else if (error === null) first.resolve({ value: undefined, done: true });
    else first.reject(error);
    for (const other of others) other.resolve({ value: undefined, done: true });
  }
}
