/**
 * `Receiver` of `ws` is a Writable that takes the bytes of a peer and emits the messages, pings, pongs and the close
 * frame in them. It is for programs that have done the handshake themselves. Inside is a connection. Its transport
 * gives it the written bytes, and discards all bytes that the connection sends.
 */
import { Duplex, Writable } from 'node:stream';
import type { SessionHandle } from '../component/index.js';
import { Connection, groupOf } from '../connection/index.js';
import type { ConnectionError, ConnectionCallbacks } from '../connection/index.js';
import { asBuffer, NO_BYTES } from './bytes.js';
import { errorAsInWs } from './errors.js';
import { sharedSettings } from './options.js';
import { PerMessageDeflate } from './per-message-deflate.js';
import { Turns } from './turns.js';
import type { BinaryType } from './inner-socket.js';

/** Options of {@link Receiver}. A limit of 0 is no limit. */
export interface ReceiverOptions {
  /** Several events may be emitted in one turn of the event loop. Default: true. */
  readonly allowSynchronousEvents?: boolean | undefined;
  /** Default: 'nodebuffer'. */
  readonly binaryType?: BinaryType | undefined;
  /** The extension in use, a {@link PerMessageDeflate}, as the property of its name. Default: none. */
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
  /** The Receiver belongs to a server: the peer is a client, and its frames are masked. Default: false. */
  readonly isServer?: boolean | undefined;
  /** Default: 0. */
  readonly maxFragments?: number | undefined;
  /** Bytes. Default: 0. */
  readonly maxPayload?: number | undefined;
  /** Default: false. */
  readonly skipUTF8Validation?: boolean | undefined;
}

/** Emits `message` (data, isBinary), `ping`, `pong`, `conclude` (code, reason), and `error` with the codes of `ws`. */
export class Receiver extends Writable {
  readonly #connection: Connection;
  readonly #transport = new Duplex({ read: () => {}, write: (_chunk, _encoding, callback) => callback() });
  readonly #turns: Turns | null;
  readonly #binaryType: BinaryType;
  #error: Error | null = null;
  #isConcluded = false;

  constructor(options: ReceiverOptions = {}) {
    super();
    const { isServer = false, maxPayload = 0, maxFragments = 0, skipUTF8Validation = false } = options;
    this.#turns = options.allowSynchronousEvents === false ? new Turns() : null;
    this.#binaryType = options.binaryType ?? 'nodebuffer';
    const { component, settings, handle } = sharedSettings(
      { backend: 'portable', maxPayload, maxFragments, skipUTF8Validation },
      false,
      true,
    );
    const deflate = options.extensions?.[PerMessageDeflate.extensionName] as PerMessageDeflate | undefined;
    const client = component.createClientHandle(isServer ? {} : handle);
    const server = component.createServerHandle(isServer ? handle : {});
    // The program has done the handshake. The component's handle also needs one: it does it with a handle of the other
    // side.
    const request = client.beginClientHandshake();
    const response = server.beginServerHandshake({
      requestHeaders: [...request, { name: 'Host', value: 'localhost' }],
    });
    server.endServerHandshake();
    client.endClientHandshake(response);
    const [own, other]: SessionHandle[] = isServer ? [server, client] : [client, server];
    other!.delete();
    this.#connection = new Connection(this.#transport, own!, groupOf(settings), {
      side: isServer ? 'server' : 'client',
      callbacks: this.#callbacks(),
      ...(deflate === undefined ? {} : { codec: deflate.codec }),
    });
    this.#connection.autoPong = false;
  }

  #callbacks(): ConnectionCallbacks {
    return {
      message: (data, isText) =>
        this.#tell('message', isText ? asBuffer(data) : this.#binary(asBuffer(data)), !isText),
      ping: (payload) => this.#tell('ping', asBuffer(payload)),
      pong: (payload) => this.#tell('pong', asBuffer(payload)),
      closing: (code, reason) => {
        this.#isConcluded = true;
        this.#inTurn(() => {
          this.emit('conclude', code, reason === null ? NO_BYTES : asBuffer(reason));
          // Chunks that are written before the end are ignored.
          process.nextTick(() => this.end());
        });
      },
      failed: (error) => this.#failed(error),
      closed: () => {},
    };
  }

  #binary(bytes: Buffer): unknown {
    switch (this.#binaryType) {
      case 'arraybuffer':
        return new Uint8Array(bytes).buffer;
      case 'fragments':
        return [bytes];
      case 'blob':
        return new Blob([bytes]);
      default:
        return bytes;
    }
  }

  #failed(error: ConnectionError): void {
    // The transport ends together with the Receiver. That is no error.
    if (error.code === 'ERR_CONNECTION_LOST' || error.code === 'ERR_CLOSED') return;
    this.#error = errorAsInWs(error, this.#connection.offendingHeader, this.#connection.offendingStatus);
  }

  #tell(event: string, ...args: unknown[]): void {
    if (this.#turns === null) this.emit(event, ...args);
    else this.#turns.push(() => this.emit(event, ...args));
  }

  /** Runs a task after the events that wait for a turn of the event loop. */
  #inTurn(task: () => void): void {
    if (this.#turns === null || this.#turns.isEmpty) task();
    else this.#turns.push(task);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    if (this.#isConcluded) {
      callback();
      return;
    }
    this.#transport.emit('data', chunk);
    // The codec is still working: the connection has paused the transport until it is done.
    if (this.#transport.isPaused())
      this.#transport.once('resume', () => this.#inTurn(() => callback(this.#error)));
    else this.#inTurn(() => callback(this.#error));
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#connection.terminate();
    callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#connection.terminate();
    callback(error);
  }
}
