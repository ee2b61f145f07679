/**
 * Messages in parts. Each part is sent as a frame when it comes. The next part is asked for while there is room for it.
 */
import { BufferType, CloseStatus } from '../../component/contract.js';
import { bytesFrom, detachedError } from '../payload/bytes.js';
import { untilAborted } from '../state/deferred.js';
import { closedError } from '../state/failures.js';
import { CLOSE_WANTED } from '../state/flags.js';
import { frame, framed, RESOLVED } from './framing.js';
import type { ConnectionState } from '../state/state.js';
import type { SendableParts } from '../state/types.js';
import { sendFailed } from './refusals.js';
import { Interruption, sourceOf } from './source.js';
import type { NextPart, Source } from './source.js';
import { buffered, waitingBelow } from './writing.js';

/**
 * Most bytes of parts that wait, as a multiple of `highWaterMark`. One part is written while the next one is prepared.
 */
const AHEAD = 3;

/** Converts the parts of one message to bytes. All parts must be strings, or all must be bytes. */
class PartEncoder {
  /** Type of the parts' frames; 0 before the first. */
  type: BufferType.Utf8Fragment | BufferType.BinaryFragment | 0 = 0;
  /** A high surrogate at the end of a part. It is kept for the next part, because it would be sent as U+FFFD alone. */
  #surrogate = '';
  readonly #isBinary: boolean;

  /** @param type - the type of the message if it has no parts. */
  constructor(type: PartsType) {
    this.#isBinary = type === 'binary';
  }

  encode(part: string | Uint8Array): Uint8Array {
    const isText = typeof part === 'string';
    const bytes = isText ? undefined : bytesFrom(part);
    if (!isText && bytes === undefined)
      throw new TypeError('the parts of a message must be strings or bytes');
    const lost = bytes === undefined ? null : detachedError(bytes);
    if (lost !== null) throw lost;
    const type = isText ? BufferType.Utf8Fragment : BufferType.BinaryFragment;
    if (this.type === 0) this.type = type;
    else if (this.type !== type)
      throw new TypeError('the parts of a message must be all strings or all bytes');
    if (!isText) return bytes!;
    const text = this.#surrogate + part;
    const last = text.charCodeAt(text.length - 1);
    const isSplit = last >= 0xd800 && last <= 0xdbff;
    this.#surrogate = isSplit ? text.slice(-1) : '';
    return Buffer.from(isSplit ? text.slice(0, -1) : text);
  }

  /** Type of the frame that ends the message. */
  get finalType(): BufferType {
    const isBinary = this.type === 0 ? this.#isBinary : this.type === BufferType.BinaryFragment;
    return isBinary ? BufferType.BinaryMessage : BufferType.Utf8Message;
  }

  /** The remaining bytes, sent in the last frame. */
  rest(): Uint8Array {
    return Buffer.from(this.#surrogate);
  }
}

/** The type of a message that turns out to have no parts. */
export type PartsType = 'text' | 'binary';

/** The type that the source declares for its parts, as a `MessageStream` does; text if it declares none. */
export function typeOf(parts: SendableParts): PartsType {
  return (parts as { readonly type?: unknown }).type === 'binary' ? 'binary' : 'text';
}

/** Largest size, in bytes, of a Blob that is sent as one frame. A larger Blob is read and sent piece by piece. */
const LARGEST_BLOB_AT_ONCE = 1 << 20;

export async function sendBlob(
  connection: ConnectionState,
  blob: Blob,
  signal: AbortSignal | undefined,
): Promise<void> {
  // The Blobs of jsdom have no streams.
  if (blob.size > LARGEST_BLOB_AT_ONCE && typeof (blob as Partial<Blob>).stream === 'function') {
    await sendParts(connection, blob.stream(), 'binary', signal);
    return;
  }
  const interruption = new Interruption(connection, signal);
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await interruption.until(Promise.resolve(blob.arrayBuffer())));
  } finally {
    interruption.end();
  }
  await untilAborted(frame(connection, BufferType.BinaryMessage, bytes), signal);
}

export async function sendParts(
  connection: ConnectionState,
  parts: SendableParts,
  type: PartsType,
  signal: AbortSignal | undefined,
): Promise<void> {
  const encoder = new PartEncoder(type);
  const most = connection._group.settings.highWaterMark * AHEAD;
  /** Each promise resolves when the output framed before it was made has been written. */
  const writes: Promise<void>[] = [];
  // Code of the program that runs from here on may end the connection.
  const interruption = new Interruption(connection, signal);
  let source: Source | null = null;
  try {
    source = sourceOf(parts);
    for (;;) {
      const next: NextPart = await interruption.until(source.next());
      if (next.done === true) break;
      const bytes = encoder.encode(next.value);
      while (writes.length !== 0 && buffered(connection) + bytes.byteLength > most)
        await interruption.until(writes.shift()!);
      const written = framePart(connection, encoder.type as BufferType, bytes);
      if (written !== RESOLVED && written !== writes.at(-1)) writes.push(written);
    }
  } catch (error) {
    source?.cancel(error);
    // A message that has begun cannot be taken back, so the connection is closed.
    if (encoder.type !== 0)
      void connection.close(CloseStatus.ServerError, 'a message could not be completed');
    throw error;
  } finally {
    interruption.end();
  }
  await frame(connection, encoder.finalType, encoder.rest());
  await untilAborted(writes.at(-1) ?? RESOLVED, signal);
}

/** @throws ConnectionError, TypeError: what cannot be sent. */
function framePart(connection: ConnectionState, type: BufferType, bytes: Uint8Array): Promise<void> {
  if (connection._isShut(CLOSE_WANTED)) throw closedError(connection);
  const waiting = waitingBelow(connection);
  try {
    connection._session.send(type, bytes);
  } catch (error) {
    throw sendFailed(connection, error);
  }
  return framed(connection, waiting, bytes);
}
