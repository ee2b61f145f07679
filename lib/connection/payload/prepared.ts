/** Messages that are checked, framed and compressed once, and sent on any number of connections. */
import { isUtf8 } from 'node:buffer';
import { bytesLength } from '../../component/arguments.js';
import { BufferType } from '../../component/contract.js';
import { checkFewOptions } from '../../component/not-options.js';
import { SharedMessage, sharedPayload } from '../../component/shared-message.js';
import { errorOf } from '../../component/thrown.js';
import { notCoded, whenRejected } from './coded.js';
import { bytesFrom } from './bytes.js';

/**
 * Options of {@link prepare}.
 *
 * @since 0.1.0
 */
export interface PrepareOptions {
  /**
   * The type of the message. Bytes may be sent as text: they are checked once, here.
   *
   * @defaultValue text for a string, binary for bytes
   */
  readonly type?: 'text' | 'binary' | undefined;
  /**
   * `false` sends the message uncompressed on every connection.
   *
   * @defaultValue true, as the connection has agreed
   */
  readonly compress?: boolean | undefined;
}

/** Encodes a message; the encoder of a codec. */
interface Encoder {
  encode(message: Uint8Array, done: (error: Error | null, bytes: Uint8Array) => void): void;
}

type Encoded = (error: Error | null, message: SharedMessage) => void;

/** The encodings of one message. Most messages have none. */
class Encodings {
  readonly ready = new Map<Encoder, SharedMessage>();
  /** The connections that wait for an encoding. */
  readonly waiting = new Map<Encoder, Encoded[]>();
}

/** A message to send on any number of connections, any number of times. {@link prepare} makes it. */
export class PreparedMessage {
  /** Whether the message is text. */
  readonly isText: boolean;
  /** Whether the message may be compressed. */
  readonly compress: boolean;
  /** The message without a codec. @internal */
  readonly _plain: SharedMessage;
  #encodings: Encodings | null = null;

  /** Use {@link prepare}. @internal */
  constructor(plain: SharedMessage, compress: boolean) {
    this._plain = plain;
    this.isText = plain.type === BufferType.Utf8Message;
    this.compress = compress;
  }

  /** Bytes of the message, uncompressed. */
  get byteLength(): number {
    return this._plain.payload.length;
  }

  /** The message as this encoder has encoded it; undefined if it has not. @internal */
  _encodedBy(encoder: Encoder): SharedMessage | undefined {
    return this.#encodings?.ready.get(encoder);
  }

  /** Encodes the message, once for all connections that ask. @internal */
  _encode(encoder: Encoder, done: Encoded): void {
    const { ready, waiting } = (this.#encodings ??= new Encodings());
    const known = ready.get(encoder);
    if (known !== undefined) {
      done(null, known);
      return;
    }
    const others = waiting.get(encoder);
    if (others !== undefined) {
      others.push(done);
      return;
    }
    const all = [done];
    waiting.set(encoder, all);
    const { type, payload } = this._plain;
    const finish: Encoded = (error, message) => {
      waiting.delete(encoder);
      if (error === null) ready.set(encoder, message);
      tellAll(all.splice(0), error, message);
    };
    const failed = (error: unknown): void => finish(errorOf(error), this._plain);
    try {
      const result: unknown = encoder.encode(payload, (error, bytes) => {
        const mistake = (error as Error | null | undefined) ?? notCoded(bytes);
        if (mistake !== null) {
          failed(mistake);
          return;
        }
        const own = sharedPayload(bytes.length);
        own.set(bytes);
        finish(null, new SharedMessage(type, own, true));
      });
      whenRejected(result, failed);
    } catch (error) {
      failed(error);
    }
  }
}

/** Calls all connections, even if the code of one throws. */
function tellAll(all: readonly Encoded[], error: Error | null, message: SharedMessage): void {
  const thrown: unknown[] = [];
  for (const each of all) {
    try {
      each(error, message);
    } catch (failure) {
      thrown.push(failure);
    }
  }
  if (thrown.length !== 0) throw thrown[0];
}

const OPTIONS = ['type', 'compress'];

/**
 * Makes a message that many connections send. It is checked and framed once. Servers' connections of the portable
 * backend all write the same memory. If they compress without context takeover
 * (`serverNoContextTakeover`), the message is compressed once. Clients mask each message, and the native backend frames
 * each message, so there it is sent as any other.
 *
 * @param data - text (a string) or bytes. The bytes are copied, so they may change afterwards.
 * @throws TypeError data is neither text nor bytes, text is not UTF-8, or an option is unknown or of the wrong type.
 */
export function prepare(
  data: string | ArrayBufferView | ArrayBufferLike,
  options: PrepareOptions = {},
): PreparedMessage {
  const { type, compress } = checked(options);
  const isText = type === undefined ? typeof data === 'string' : type === 'text';
  let payload: Buffer;
  if (typeof data === 'string') {
    const length = Buffer.byteLength(data);
    payload = sharedPayload(length);
    payload.write(data, 0, length);
  } else {
    const bytes = bytesFrom(data);
    if (bytes === undefined) throw new TypeError('data must be a string or bytes');
    payload = sharedPayload(bytesLength('data', bytes));
    payload.set(bytes);
    if (isText && !isUtf8(payload)) throw new TypeError('data is not UTF-8, so it cannot be sent as text');
  }
  const shared = new SharedMessage(
    isText ? BufferType.Utf8Message : BufferType.BinaryMessage,
    payload,
    false,
  );
  return new PreparedMessage(shared, compress);
}

function checked(options: PrepareOptions): { type: 'text' | 'binary' | undefined; compress: boolean } {
  checkFewOptions('prepare', options, OPTIONS);
  const { type, compress = true } = options;
  if (type !== undefined && !['text', 'binary'].includes(type))
    throw new TypeError("type must be 'text' or 'binary'");
  if (typeof compress !== 'boolean') throw new TypeError('compress must be a boolean');
  return { type, compress };
}
