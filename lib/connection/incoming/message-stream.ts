/** A message that is read in parts. */
import { StringDecoder } from 'node:string_decoder';
import { CloseStatus } from '../../component/contract.js';
import { ConnectionError } from '../state/errors.js';
import { Piece } from '../payload/inbox.js';
import type { Iteration } from './iteration.js';
import type { Item } from '../payload/inbox.js';

/** One message, read as its parts arrive. It can be iterated once, and only before the next message is asked for. */
export interface MessageStream extends Iteration<string | Uint8Array> {
  /** Whether the parts are strings or bytes. */
  readonly type: 'text' | 'binary';
}

type Next = () => Promise<IteratorResult<Item, undefined>>;

/** @param release - called when the reader leaves or the connection has ended. */
export async function* readMessageStreams(
  next: Next,
  release: () => void,
): AsyncGenerator<MessageStream, void, undefined> {
  try {
    for (;;) {
      const first = await next();
      if (first.done === true) return;
      const message = new PieceStream(first.value, next);
      yield message;
      await message.skip();
    }
  } finally {
    release();
  }
}

class PieceStream implements MessageStream {
  readonly type: 'text' | 'binary';
  readonly #next: Next;
  readonly #decoder: StringDecoder | null;
  #first: Item | null;
  #ended = false;

  constructor(first: Item, next: Next) {
    this.#first = first;
    this.#next = next;
    const isText = first instanceof Piece ? first.isText : typeof first === 'string';
    this.type = isText ? 'text' : 'binary';
    this.#decoder = isText ? new StringDecoder('utf8') : null;
  }

  async next(): Promise<IteratorResult<string | Uint8Array, undefined>> {
    while (!this.#ended) {
      const item = await this.#item();
      if (!(item instanceof Piece)) {
        this.#ended = true;
        return { value: item, done: false };
      }
      this.#ended = item.isFinal;
      const value = this.#decoder === null ? item.bytes : this.#decoder.write(item.bytes);
      if (value.length !== 0) return { value, done: false };
    }
    return { value: undefined, done: true };
  }

  async #item(): Promise<Item> {
    const item = await this.#itemOrEnd();
    if (item !== null) return item;
    this.#ended = true;
    throw new ConnectionError(
      'ERR_CONNECTION_LOST',
      CloseStatus.Aborted,
      'the connection was closed before the message was complete',
    );
  }

  async #itemOrEnd(): Promise<Item | null> {
    const first = this.#first;
    this.#first = null;
    if (first !== null) return first;
    const result = await this.#next();
    return result.done === true ? null : result.value;
  }

  async skip(): Promise<void> {
    while (!this.#ended) {
      const item = await this.#itemOrEnd();
      this.#ended = !(item instanceof Piece) || item.isFinal;
    }
  }

  async return(): Promise<IteratorResult<string | Uint8Array, undefined>> {
    await this.skip();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
