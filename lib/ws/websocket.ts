/**
 * `WebSocket` with the interface of the package `ws`: an emitter that also has the attributes of the browsers' class.
 * It uses a {@link Connection}. This file has the public members. `client.ts` opens the connection, `reporting.ts`
 * emits the events, `sending.ts` sends, and `attributes.ts` has the interface of an event target.
 */
import type { ClientRequest, ClientRequestArgs } from 'node:http';
import type { Duplex } from 'node:stream';
import { BufferType, CloseStatus } from '../component/index.js';
import { isBlob } from '../connection/index.js';
import type { Connection } from '../connection/index.js';
import { EventTargetEmitter, ownAttributes } from './attributes.js';
import { bytesOf, closeReasonOf, controlPayloadOf, lengthOf, NO_BYTES } from './bytes.js';
import { connectAsClient } from './client.js';
import type { ClientOptions } from './client.js';
import { FrameSender } from './frame-sender.js';
import {
  attach,
  CLOSED,
  CLOSING,
  CONNECTING,
  fail,
  OPEN,
  READY_STATES,
  shut,
  state,
} from './inner-socket.js';
import type { Attachment, BinaryType, InnerSocket, ReadyState } from './inner-socket.js';
import { Reporting } from './reporting.js';
import { Sending } from './sending.js';
import type { ControlCallback, SendCallback, SendOptions } from './sending.js';
import type { SocketEvents } from './socket-events.js';

const BINARY_TYPES: readonly unknown[] = ['nodebuffer', 'arraybuffer', 'fragments', 'blob'];

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging
export interface WebSocket {
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;
  on<K extends keyof SocketEvents>(
    event: K,
    listener: (this: WebSocket, ...args: SocketEvents[K]) => void,
  ): this;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  on(event: string | symbol, listener: (this: WebSocket, ...args: any[]) => void): this;
  once<K extends keyof SocketEvents>(
    event: K,
    listener: (this: WebSocket, ...args: SocketEvents[K]) => void,
  ): this;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  once(event: string | symbol, listener: (this: WebSocket, ...args: any[]) => void): this;
  off<K extends keyof SocketEvents>(
    event: K,
    listener: (this: WebSocket, ...args: SocketEvents[K]) => void,
  ): this;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  off(event: string | symbol, listener: (this: WebSocket, ...args: any[]) => void): this;
  addListener<K extends keyof SocketEvents>(
    event: K,
    listener: (this: WebSocket, ...args: SocketEvents[K]) => void,
  ): this;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  addListener(event: string | symbol, listener: (this: WebSocket, ...args: any[]) => void): this;
  removeListener<K extends keyof SocketEvents>(
    event: K,
    listener: (this: WebSocket, ...args: SocketEvents[K]) => void,
  ): this;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  removeListener(event: string | symbol, listener: (this: WebSocket, ...args: any[]) => void): this;
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging
export class WebSocket extends EventTargetEmitter<WebSocket> implements InnerSocket {
  declare static readonly CONNECTING: 0;
  declare static readonly OPEN: 1;
  declare static readonly CLOSING: 2;
  declare static readonly CLOSED: 3;

  [state]: ReadyState = CONNECTING;
  /** Number of redirects that have been followed. */
  _redirects = 0;
  /** The request of the opening handshake; null when no handshake is under way. */
  _req: ClientRequest | null = null;
  _url = '';
  _protocol = '';
  _isServer = false;
  #extension = '';
  #binaryType: BinaryType = 'nodebuffer';
  #connection: Connection | null = null;
  #transport: Duplex | null = null;
  #sending: Sending | null = null;
  #isPaused = false;
  /** Number of bytes that the program tried to send after the socket had begun to close. */
  #lateBytes = 0;
  #sender: FrameSender | null = null;

  constructor(address: string | URL | null, options?: ClientOptions<WebSocket> | ClientRequestArgs);
  constructor(
    address: string | URL | null,
    protocols?: string | readonly string[] | null,
    options?: ClientOptions<WebSocket> | ClientRequestArgs,
  );
  constructor(
    address: string | URL | null,
    protocols?: string | readonly string[] | ClientOptions<WebSocket> | ClientRequestArgs | null,
    options?: ClientOptions<WebSocket> | ClientRequestArgs,
  ) {
    super();
    if (address === null) {
      this._isServer = true;
      // A socket of a server has no URL.
      this._url = undefined as unknown as string;
      return;
    }
    const isOptions = typeof protocols === 'object' && protocols !== null && !Array.isArray(protocols);
    const given = ((isOptions ? protocols : options) ?? {}) as ClientOptions<WebSocket>;
    const wanted = isOptions || protocols === undefined ? given.protocols : protocols;
    let list: readonly string[] = [];
    if (Array.isArray(wanted)) list = wanted as string[];
    else if (wanted !== undefined) list = [wanted as string];
    connectAsClient(this, address, list, given as ClientOptions);
  }

  // ---- Attributes ----

  get binaryType(): BinaryType {
    return this.#binaryType;
  }

  set binaryType(type: BinaryType) {
    if (BINARY_TYPES.includes(type)) this.#binaryType = type;
  }

  /**
   * Number of bytes that the program has sent and that the operating system does not have yet. Reading the property
   * first offers all waiting bytes to the operating system. For a message that waits for a Blob or for compression, the
   * bytes of the payload count. For any other message, the bytes of the frames count.
   */
  get bufferedAmount(): number {
    this.#connection?.flush();
    return this.#lateBytes + (this.#connection?.bufferedAmount ?? 0) + (this.#sending?.waitingLength ?? 0);
  }

  get extensions(): string {
    return this.#extension;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  get protocol(): string {
    return this._protocol;
  }

  get readyState(): 0 | 1 | 2 | 3 {
    return this[state];
  }

  get url(): string {
    return this._url;
  }

  /** The transport. Not public in `ws` either, but programs use it. */
  get _socket(): Duplex | null {
    return this.#transport;
  }

  /** The timer that ends the wait for the peer to close; null while no timer runs. */
  get _closeTimer(): NodeJS.Timeout | null {
    return this.#connection?.closeTimer ?? null;
  }

  /**
   * Sends frames that the program has made itself, as socket.io does for broadcasts. Null until the socket is open. Not
   * public in `ws` either.
   */
  get _sender(): FrameSender | null {
    if (this.#connection === null) return null;
    return (this.#sender ??= new FrameSender(this, this.#connection, this.#transport!));
  }

  // ---- The opening ----

  /** Called when the opening handshake has succeeded. */
  [attach](attachment: Attachment): void {
    const { transport, isServer, protocol, extension, generateMask } = attachment;
    this._isServer = isServer;
    this._protocol = protocol;
    this.#extension = extension;
    this.#transport = transport;
    const reporting = new Reporting(this, attachment);
    const connection = attachment.makeConnection(reporting);
    reporting.connection = connection;
    this.#connection = connection;
    this.#sending = new Sending(this, connection, transport, reporting, extension, generateMask);
    if (!attachment.autoPong) connection.autoPong = false;
    if (!isServer && generateMask !== undefined) connection.maskKeys = generateMask;
    this[state] = OPEN;
    this.emit('open');
  }

  /**
   * Called when the opening handshake has failed. If the program may not have added its listeners yet, the caller waits
   * a tick before the call.
   */
  [fail](error: Error): void {
    this[state] = CLOSING;
    this.emit('error', error);
    this[shut]();
  }

  /** Called when the connection has ended. */
  [shut](code: number = CloseStatus.Aborted, reason: Buffer = NO_BYTES): void {
    this[state] = CLOSED;
    this.emit('close', code, reason);
  }

  // ---- Sending ----

  send(data: unknown, callback?: SendCallback): void;
  send(data: unknown, options: SendOptions, callback?: SendCallback): void;
  send(data: unknown, options?: SendOptions | SendCallback | null, callback?: SendCallback): void {
    this.#requireOpening();
    const done = callbackOf(typeof options === 'function' ? options : callback);
    // Programs give null for no options, which `ws` takes as well.
    const given: SendOptions = typeof options === 'object' && options !== null ? options : {};
    const value = typeof data === 'number' ? data.toString() : data;
    if (this[state] !== OPEN) {
      this.#sendTooLate(value, done);
      return;
    }
    const framing = {
      isBinary: given.binary ?? typeof value !== 'string',
      isLast: given.fin ?? true,
      compress: given.compress ?? true,
      mask: given.mask ?? !this._isServer,
    };
    this.#sending!.message(isBlob(value) ? value : bytesOf(value), framing, done);
  }

  ping(data?: unknown, mask?: boolean | ControlCallback, callback?: ControlCallback): void {
    this.#control(BufferType.PingPong, data, mask, callback as SendCallback | undefined);
  }

  pong(data?: unknown, mask?: boolean | ControlCallback, callback?: ControlCallback): void {
    this.#control(BufferType.UnsolicitedPong, data, mask, callback as SendCallback | undefined);
  }

  #control(
    type: BufferType.PingPong | BufferType.UnsolicitedPong,
    data: unknown,
    mask: unknown,
    callback: SendCallback | undefined,
  ): void {
    this.#requireOpening();
    let payload = data;
    let done = callback;
    let isMasked = !this._isServer;
    if (typeof data === 'function') {
      done = data as SendCallback;
      payload = undefined;
    } else if (typeof mask === 'function') {
      done = mask as SendCallback;
    } else if (mask !== undefined) {
      isMasked = Boolean(mask);
    }
    done = callbackOf(done);
    if (typeof payload === 'number') payload = payload.toString();
    if (this[state] !== OPEN) {
      this.#sendTooLate(payload, done);
      return;
    }
    this.#sending!.control(type, controlPayloadOf(payload), isMasked, done);
  }

  #requireOpening(): void {
    if (this[state] === CONNECTING) throw new Error('WebSocket is not open: readyState 0 (CONNECTING)');
  }

  #sendTooLate(data: unknown, callback: SendCallback | undefined): void {
    if (data !== undefined && data !== null && data !== '')
      this.#lateBytes += lengthOf(isBlob(data) ? data : bytesOf(data));
    if (callback === undefined) return;
    const state = this.readyState;
    process.nextTick(
      callback,
      new Error(`WebSocket is not open: readyState ${state} (${READY_STATES[state]})`),
    );
  }

  // ---- The end ----

  close(code?: number, data?: string | Uint8Array): void {
    if (this[state] === CLOSED || this[state] === CLOSING) return;
    if (this[state] === CONNECTING) {
      this.#giveUp();
      return;
    }
    const reason = closeReasonOf(code, data);
    this[state] = CLOSING;
    this.#sending!.inOrder(
      reason,
      () => {
        const connection = this.#connection!;
        // The event `close` reports the end. The promise rejects only if the close frame could not be made.
        connection.close(code ?? CloseStatus.Empty, reason).catch(() => connection.terminate());
      },
      undefined,
    );
  }

  terminate(): void {
    if (this[state] === CLOSED) return;
    if (this[state] === CONNECTING) {
      this.#giveUp();
      return;
    }
    this[state] = CLOSING;
    // Bytes that wait are offered to the operating system. It takes as many as it can without waiting.
    this.#connection?.flush();
    this.#connection?.terminate();
  }

  #giveUp(): void {
    this[state] = CLOSING;
    const error = new Error('WebSocket was closed before the connection was established');
    const request = this._req;
    this._req = null;
    request?.destroy();
    // After the response has arrived, destroying the request does not destroy the transport.
    request?.socket?.destroy();
    process.nextTick(() => this[fail](error));
  }

  pause(): void {
    if (this[state] === CONNECTING || this[state] === CLOSED) return;
    this.#isPaused = true;
    this.#transport!.pause();
  }

  resume(): void {
    if (this[state] === CONNECTING || this[state] === CLOSED) return;
    this.#isPaused = false;
    this.#transport!.resume();
  }
}

/**
 * The callback of a send. A value that `ws` takes for no callback is none.
 *
 * @throws TypeError another value. It would be called when the data has been written, and end the process there.
 */
function callbackOf(callback: unknown): SendCallback | undefined {
  if (typeof callback === 'function') return callback as SendCallback;
  if (callback) throw new TypeError('the callback of a send must be a function');
  return undefined;
}

for (const [name, value] of Object.entries({ CONNECTING, OPEN, CLOSING, CLOSED })) {
  Object.defineProperty(WebSocket, name, { value, enumerable: true });
  Object.defineProperty(WebSocket.prototype, name, { value, enumerable: true });
}
for (const name of [
  'binaryType',
  'bufferedAmount',
  'extensions',
  'isPaused',
  'protocol',
  'readyState',
  'url',
]) {
  Object.defineProperty(WebSocket.prototype, name, { enumerable: true });
}
ownAttributes(WebSocket.prototype);
