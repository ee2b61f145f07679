/**
 * `WebSocket` with the interface of the package `ws`: an emitter with the attributes of the browsers' class, over a
 * {@link Connection}. What it says, when, and in which words, is meant to be what `ws` says.
 */
import { EventEmitter } from 'node:events';
import type { ClientRequest } from 'node:http';
import type { Duplex } from 'node:stream';
import { types } from 'node:util';
import { BufferType, CloseStatus } from '../component/index.js';
import type { CloseInfo, Connection, ConnectionError, Face } from '../connection/index.js';
import { connectAsClient } from './client.js';
import type { ClientOptions } from './client.js';
import { errorOf } from './errors.js';
import { CloseEvent, ErrorEvent, Event, MessageEvent, TargetListeners } from './event-target.js';
import type { EventListener } from './event-target.js';

/** How binary messages arrive. */
export type BinaryType = 'nodebuffer' | 'arraybuffer' | 'fragments' | 'blob';

/** How a message is sent. */
export interface SendOptions {
  /** Default: whether the data is not a string. */
  binary?: boolean | undefined;
  /** Whether it may be compressed. Default: true. */
  compress?: boolean | undefined;
  /** Whether it is the last fragment. Default: true. */
  fin?: boolean | undefined;
  /** Without effect: clients mask, servers do not (RFC 6455, section 5.3). */
  mask?: boolean | undefined;
}

/** Called when data has been written, or with what kept it from that. */
export type SendCallback = (error?: Error) => void;

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;
const STATES = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'] as const;
const BINARY_TYPES: readonly unknown[] = ['nodebuffer', 'arraybuffer', 'fragments', 'blob'];
const NO_BYTES = Buffer.alloc(0);

/** What is behind a socket that is open. */
export interface Attachment {
  readonly makeConnection: (face: Face) => Connection;
  readonly transport: Duplex;
  readonly isServer: boolean;
  readonly protocol: string;
  /** Name of the extension in use, or ''. */
  readonly extension: string;
  readonly autoPong: boolean;
  readonly allowSynchronousEvents: boolean;
}

export const attach: unique symbol = Symbol('attach');
export const fail: unique symbol = Symbol('fail');
export const shut: unique symbol = Symbol('shut');
export const state: unique symbol = Symbol('state');

/** Assigned in the class, where the private parts are in reach. */
let faceOf: (socket: WebSocket) => Face;

/** Events that may come once a tick only. */
interface Deferred {
  readonly queue: (() => void)[];
  isScheduled: boolean;
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging
export interface WebSocket {
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging
export class WebSocket extends EventEmitter {
  static readonly CONNECTING: 0;
  static readonly OPEN: 1;
  static readonly CLOSING: 2;
  static readonly CLOSED: 3;

  [state] = CONNECTING;
  /** The request of the opening handshake, while it is under way. */
  _req: ClientRequest | null = null;
  _url = '';
  _protocol = '';
  _isServer = false;
  #extension = '';
  #binaryType: BinaryType = 'nodebuffer';
  #connection: Connection | null = null;
  #transport: Duplex | null = null;
  #closeCode: number = CloseStatus.Aborted;
  #closeReason: Buffer = NO_BYTES;
  #wasClean = false;
  #isPaused = false;
  /** Bytes that were sent too late. */
  #lateBytes = 0;
  #listeners: TargetListeners | null = null;
  /** The type of the message in fragments that is being sent. */
  #sendingType: BufferType | null = null;
  /** What waits for a Blob to be read. */
  #turn: (() => void)[] | null = null;
  #deferred: Deferred | null = null;
  #sender: { sendFrame(list: readonly Uint8Array[], callback?: SendCallback): void } | null = null;

  constructor(address: string | URL | null, options?: ClientOptions);
  constructor(
    address: string | URL | null,
    protocols?: string | readonly string[] | null,
    options?: ClientOptions,
  );
  constructor(
    address: string | URL | null,
    protocols?: string | readonly string[] | ClientOptions | null,
    options?: ClientOptions,
  ) {
    super();
    if (address === null) {
      this._isServer = true;
      // The sockets of a server have none.
      this._url = undefined as unknown as string;
      return;
    }
    let list: readonly string[] = [];
    let given = options;
    if (typeof protocols === 'string') list = [protocols];
    else if (Array.isArray(protocols)) list = protocols as string[];
    else if (typeof protocols === 'object' && protocols !== null) given = protocols as ClientOptions;
    connectAsClient(this, address, list, given ?? {});
  }

  // ---- Attributes ----

  get binaryType(): BinaryType {
    return this.#binaryType;
  }

  set binaryType(type: BinaryType) {
    if (BINARY_TYPES.includes(type)) this.#binaryType = type;
  }

  /** Bytes that have been sent and not yet been handed to the operating system. */
  get bufferedAmount(): number {
    return this.#lateBytes + (this.#connection?.bufferedAmount ?? 0);
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
    return this[state] as 0 | 1 | 2 | 3;
  }

  get url(): string {
    return this._url;
  }

  /** The transport, as programs that use `ws` reach for it. */
  get _socket(): Duplex | null {
    return this.#transport;
  }

  /** For programs that make frames themselves, as socket.io does for broadcasts. */
  get _sender(): { sendFrame(list: readonly Uint8Array[], callback?: SendCallback): void } {
    return (this.#sender ??= {
      sendFrame: (list, callback) => {
        this.#inTurn(() => this.#connection?.sendFramed(list, writtenOf(callback)));
      },
    });
  }

  get onopen(): EventListener | null {
    return this.#listeners?.getAttribute('open') ?? null;
  }
  set onopen(listener: EventListener | null) {
    this.#target.setAttribute('open', listener);
  }
  get onmessage(): EventListener | null {
    return this.#listeners?.getAttribute('message') ?? null;
  }
  set onmessage(listener: EventListener | null) {
    this.#target.setAttribute('message', listener);
  }
  get onerror(): EventListener | null {
    return this.#listeners?.getAttribute('error') ?? null;
  }
  set onerror(listener: EventListener | null) {
    this.#target.setAttribute('error', listener);
  }
  get onclose(): EventListener | null {
    return this.#listeners?.getAttribute('close') ?? null;
  }
  set onclose(listener: EventListener | null) {
    this.#target.setAttribute('close', listener);
  }

  get #target(): TargetListeners {
    return (this.#listeners ??= new TargetListeners(this, {
      open: (target) => new Event('open', target),
      error: (target, [error]) => new ErrorEvent(target, error as Error),
      close: (target, [code, reason]) =>
        new CloseEvent(target, code as number, (reason as Buffer).toString(), this.#wasClean),
      message: (target, [data, isBinary]) =>
        new MessageEvent(target, isBinary === true ? data : (data as Buffer).toString()),
    }));
  }

  addEventListener(type: string, listener: EventListener, options: { once?: boolean } = {}): void {
    this.#target.add(type, listener, options.once === true);
  }

  removeEventListener(type: string, listener: EventListener): void {
    this.#listeners?.remove(type, listener);
  }

  // ---- The opening ----

  /** The opening handshake is done. */
  [attach](attachment: Attachment): void {
    const { transport, isServer, protocol, extension } = attachment;
    this._isServer = isServer;
    this._protocol = protocol;
    this.#extension = extension;
    this.#transport = transport;
    if (!attachment.allowSynchronousEvents) this.#deferred = { queue: [], isScheduled: false };
    this.#connection = attachment.makeConnection(faceOf(this));
    if (!attachment.autoPong) this.#connection.autoPong = false;
    this[state] = OPEN;
    this.emit('open');
  }

  /** There will be no connection: tells it, in the next tick where the program may not have listeners yet. */
  [fail](error: Error): void {
    this[state] = CLOSING;
    this.emit('error', error);
    this[shut]();
  }

  /** The end. */
  [shut](): void {
    this[state] = CLOSED;
    this.emit('close', this.#closeCode, this.#closeReason);
  }

  // ---- What the connection tells ----

  #message(data: Uint8Array, isText: boolean): void {
    const bytes = asBuffer(data);
    let value: unknown = bytes;
    if (!isText) {
      if (this.#binaryType === 'arraybuffer') value = new Uint8Array(bytes).buffer;
      else if (this.#binaryType === 'fragments') value = [bytes];
      else if (this.#binaryType === 'blob') value = new Blob([bytes]);
    }
    this.#tell('message', value, !isText);
  }

  #closing(code: number, reason: string): void {
    this.#closeCode = code;
    this.#closeReason = Buffer.from(reason);
    this.#later(() => {
      if (this[state] === OPEN) this[state] = CLOSING;
    });
  }

  #failed(error: ConnectionError): void {
    // The end of a transport is no error to `ws`, but a close with 1006.
    if (error.code === 'ERR_CONNECTION_LOST' || error.code === 'ERR_CLOSED') return;
    const header = this.#connection?.offendingHeader;
    const status = this.#connection?.offendingStatus;
    this.#later(() => {
      this[state] = CLOSING;
      this.emit('error', errorOf(error, header, status));
    });
  }

  #closed({ wasClean }: CloseInfo): void {
    this.#wasClean = wasClean;
    this.#later(() => this[shut]());
  }

  #tell(event: string, ...args: unknown[]): void {
    if (this.#deferred === null) this.emit(event, ...args);
    else this.#later(() => this.emit(event, ...args), true);
  }

  /** Behind the events that wait for their own tick; what a listener throws is thrown in the next tick. */
  #later(task: () => void, isEvent = false): void {
    const deferred = this.#deferred;
    if (deferred === null || (!isEvent && deferred.queue.length === 0)) {
      try {
        task();
      } catch (error) {
        process.nextTick(rethrow, error);
      }
      return;
    }
    deferred.queue.push(task);
    if (deferred.isScheduled) return;
    deferred.isScheduled = true;
    setImmediate(() => this.#nextEvent(deferred));
  }

  #nextEvent(deferred: Deferred): void {
    const task = deferred.queue.shift();
    deferred.isScheduled = deferred.queue.length !== 0;
    if (deferred.isScheduled) setImmediate(() => this.#nextEvent(deferred));
    task?.();
  }

  // ---- What the program wants ----

  send(data: unknown, callback?: SendCallback): void;
  send(data: unknown, options: SendOptions, callback?: SendCallback): void;
  send(data: unknown, options?: SendOptions | SendCallback, callback?: SendCallback): void {
    this.#requireOpening();
    const done = typeof options === 'function' ? options : callback;
    const given: SendOptions = typeof options === 'object' ? options : {};
    const what = typeof data === 'number' ? data.toString() : data;
    if (this[state] !== OPEN) {
      this.#sendTooLate(what, done);
      return;
    }
    const isBinary = given.binary ?? typeof what !== 'string';
    const isLast = given.fin ?? true;
    const compress = given.compress ?? true;
    if (what instanceof Blob) {
      this.#sendBlob(what, (bytes) => this.#frame(bytes, isBinary, isLast, compress, done), done);
      return;
    }
    const bytes = bytesOf(what);
    if (this.#turn === null) this.#frame(bytes, isBinary, isLast, compress, done);
    else this.#inTurn(() => this.#frame(bytes, isBinary, isLast, compress, done));
  }

  #frame(
    bytes: Uint8Array,
    isBinary: boolean,
    isLast: boolean,
    compress: boolean,
    done: SendCallback | undefined,
  ): void {
    // The type of a message is that of its first fragment.
    const whole = this.#sendingType ?? (isBinary ? BufferType.BinaryMessage : BufferType.Utf8Message);
    this.#sendingType = isLast ? null : whole;
    let type = whole;
    if (!isLast)
      type = whole === BufferType.BinaryMessage ? BufferType.BinaryFragment : BufferType.Utf8Fragment;
    this.#connection!.sendFrame(type, bytes, compress, writtenOf(done));
  }

  ping(data?: unknown, mask?: boolean | SendCallback, callback?: SendCallback): void {
    this.#control(BufferType.PingPong, data, mask, callback);
  }

  pong(data?: unknown, mask?: boolean | SendCallback, callback?: SendCallback): void {
    this.#control(BufferType.UnsolicitedPong, data, mask, callback);
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
    if (typeof data === 'function') {
      done = data as SendCallback;
      payload = undefined;
    } else if (typeof mask === 'function') {
      done = mask as SendCallback;
    }
    if (typeof payload === 'number') payload = payload.toString();
    if (this[state] !== OPEN) {
      this.#sendTooLate(payload, done);
      return;
    }
    const send = (bytes: Uint8Array): void => {
      if (bytes.byteLength > 125) throw new RangeError('The data size must not be greater than 125 bytes');
      this.#connection!.sendFrame(type, bytes, undefined, writtenOf(done));
    };
    if (payload instanceof Blob) {
      if (payload.size > 125) throw new RangeError('The data size must not be greater than 125 bytes');
      this.#sendBlob(payload, send, done);
    } else {
      const bytes = bytesOf(payload);
      if (bytes.byteLength > 125) throw new RangeError('The data size must not be greater than 125 bytes');
      this.#inTurn(() => send(bytes));
    }
  }

  #requireOpening(): void {
    if (this[state] === CONNECTING) throw new Error('WebSocket is not open: readyState 0 (CONNECTING)');
  }

  #sendTooLate(data: unknown, callback: SendCallback | undefined): void {
    if (data !== undefined && data !== null && data !== '')
      this.#lateBytes += data instanceof Blob ? data.size : bytesOf(data).byteLength;
    if (callback === undefined) return;
    const state = this.readyState;
    process.nextTick(callback, new Error(`WebSocket is not open: readyState ${state} (${STATES[state]})`));
  }

  #inTurn(task: () => void): void {
    if (this.#turn === null) task();
    else this.#turn.push(task);
  }

  /** What is sent behind a Blob waits until it has been read. */
  #sendBlob(blob: Blob, send: (bytes: Uint8Array) => void, callback: SendCallback | undefined): void {
    this.#inTurn(() => {
      const waiting: (() => void)[] = [];
      this.#turn = waiting;
      blob.arrayBuffer().then(
        (buffer) => {
          this.#turn = null;
          send(new Uint8Array(buffer));
          for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) this.#inTurn(task);
        },
        (cause: unknown) => {
          const error = cause instanceof Error ? cause : new Error(String(cause));
          callback?.(error);
          this.#connection?.terminate();
        },
      );
    });
  }

  close(code?: number, data?: string | Buffer): void {
    if (this[state] === CLOSED || this[state] === CLOSING) return;
    if (this[state] === CONNECTING) {
      this.#giveUp();
      return;
    }
    const reason = closeReasonOf(code, data);
    this[state] = CLOSING;
    this.#inTurn(() => void this.#connection!.close(code ?? CloseStatus.Empty, reason));
  }

  terminate(): void {
    if (this[state] === CLOSED) return;
    if (this[state] === CONNECTING) {
      this.#giveUp();
      return;
    }
    this[state] = CLOSING;
    // What has been sent is on its way, as far as it goes without waiting.
    this.#connection!.flush();
    this.#connection!.terminate();
  }

  #giveUp(): void {
    this[state] = CLOSING;
    const error = new Error('WebSocket was closed before the connection was established');
    const request = this._req;
    this._req = null;
    request?.destroy();
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

  static {
    class SocketFace implements Face {
      readonly #socket: WebSocket;
      constructor(socket: WebSocket) {
        this.#socket = socket;
      }
      message(data: Uint8Array, isText: boolean): void {
        this.#socket.#message(data, isText);
      }
      ping(payload: Uint8Array): void {
        this.#socket.#tell('ping', asBuffer(payload));
      }
      pong(payload: Uint8Array): void {
        this.#socket.#tell('pong', asBuffer(payload));
      }
      closing(code: number, reason: string): void {
        this.#socket.#closing(code, reason);
      }
      failed(error: ConnectionError): void {
        this.#socket.#failed(error);
      }
      closed(info: CloseInfo): void {
        this.#socket.#closed(info);
      }
    }
    faceOf = (socket) => new SocketFace(socket);
  }
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
  'onopen',
  'onerror',
  'onclose',
  'onmessage',
]) {
  Object.defineProperty(WebSocket.prototype, name, { enumerable: true });
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Data of any of the kinds that `ws` sends, as bytes. */
function bytesOf(data: unknown): Uint8Array {
  if (data === undefined || data === null) return NO_BYTES;
  if (data instanceof Uint8Array) return data;
  if (typeof data === 'string') return Buffer.from(data);
  if (types.isAnyArrayBuffer(data)) return new Uint8Array(data);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.from(data as string);
}

function closeReasonOf(code: unknown, data: string | Buffer | undefined): Uint8Array {
  if (code === undefined) return NO_BYTES;
  const isValid =
    typeof code === 'number' &&
    ((code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006) ||
      (code >= 3000 && code <= 4999));
  if (!isValid) throw new TypeError('First argument must be a valid error code number');
  const reason = data === undefined ? NO_BYTES : bytesOf(data);
  if (reason.byteLength > 123) throw new RangeError('The message must not be greater than 123 bytes');
  return reason;
}

function writtenOf(callback: SendCallback | undefined): ((error?: Error | null) => void) | undefined {
  return callback === undefined ? undefined : (callback as (error?: Error | null) => void);
}

function rethrow(error: unknown): never {
  throw error;
}
