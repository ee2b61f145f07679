/**
 * `WebSocket` with the interface of the package `ws`: an emitter with the attributes of the browsers' class, over a
 * {@link Connection}. What it says, when, and in which words, is meant to be what `ws` says.
 */
import { EventEmitter } from 'node:events';
import type { ClientRequest } from 'node:http';
import type { Duplex } from 'node:stream';
import { BufferType, CloseStatus } from '../component/index.js';
import { ConnectionError } from '../connection/index.js';
import type { CloseInfo, Connection, Face } from '../connection/index.js';
import { asBuffer, bytesOf, closeReasonOf, controlPayloadOf, NO_BYTES } from './bytes.js';
import { connectAsClient } from './client.js';
import type { ClientOptions } from './client.js';
import { errorOf } from './errors.js';
import { addListener, attributeOf, removeListener, setAttribute, wasClean } from './event-target.js';
import type { EventListener } from './event-target.js';
import { frame, PING, PONG, TEXT, BINARY, CONTINUATION } from './frame.js';
import { Turns } from './turns.js';
import type * as types from './types.js';

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
  /**
   * Whether it is masked. Default: as RFC 6455 has it, by clients only (section 5.3). The peer refuses anything else;
   * it is written at once and uncompressed.
   */
  mask?: boolean | undefined;
}

/** Called when data has been written, or with what kept it from that. */
export type SendCallback = (error?: Error) => void;
/** As {@link SendCallback}, in the type that `@types/ws` gives it. */
export type ControlCallback = (error: Error) => void;

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;
const STATES = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'] as const;
const BINARY_TYPES: readonly unknown[] = ['nodebuffer', 'arraybuffer', 'fragments', 'blob'];

/** What is behind a socket that is open. */
export interface Attachment {
  readonly makeConnection: (face: Face) => Connection;
  readonly transport: Duplex;
  readonly isServer: boolean;
  readonly protocol: string;
  /** Name of the extension in use, or ''. */
  readonly extension: string;
  readonly autoPong: boolean;
  /** Most pongs that may wait to be written; 0 is no limit. */
  readonly maxPendingAutoPongs: number;
  readonly allowSynchronousEvents: boolean;
  /** Makes the masks, in place of the component. */
  readonly generateMask?: ((mask: Buffer) => void) | undefined;
}

export const attach: unique symbol = Symbol('attach');
export const fail: unique symbol = Symbol('fail');
export const shut: unique symbol = Symbol('shut');
export const state: unique symbol = Symbol('state');

/** Assigned in the class, where the private parts are in reach. */
let faceOf: (socket: WebSocket) => Face;

/** Something to send that waits for a Blob to be read. */
interface Waiting {
  readonly send: () => void;
  readonly length: number;
  readonly isBlob: boolean;
  readonly done: SendCallback | undefined;
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging
export interface WebSocket {
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;
  on<K extends keyof types.SocketEvents>(
    event: K,
    listener: (this: WebSocket, ...args: types.SocketEvents[K]) => void,
  ): this;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  on(event: string | symbol, listener: (this: WebSocket, ...args: any[]) => void): this;
  once<K extends keyof types.SocketEvents>(
    event: K,
    listener: (this: WebSocket, ...args: types.SocketEvents[K]) => void,
  ): this;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  once(event: string | symbol, listener: (this: WebSocket, ...args: any[]) => void): this;
  off<K extends keyof types.SocketEvents>(
    event: K,
    listener: (this: WebSocket, ...args: types.SocketEvents[K]) => void,
  ): this;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  off(event: string | symbol, listener: (this: WebSocket, ...args: any[]) => void): this;
  addListener<K extends keyof types.SocketEvents>(
    event: K,
    listener: (this: WebSocket, ...args: types.SocketEvents[K]) => void,
  ): this;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  addListener(event: string | symbol, listener: (this: WebSocket, ...args: any[]) => void): this;
  removeListener<K extends keyof types.SocketEvents>(
    event: K,
    listener: (this: WebSocket, ...args: types.SocketEvents[K]) => void,
  ): this;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  removeListener(event: string | symbol, listener: (this: WebSocket, ...args: any[]) => void): this;
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging
export class WebSocket extends EventEmitter {
  declare static readonly CONNECTING: 0;
  declare static readonly OPEN: 1;
  declare static readonly CLOSING: 2;
  declare static readonly CLOSED: 3;

  [state] = CONNECTING;
  /** Whether both sides have sent a close frame. */
  [wasClean] = false;
  /** Redirects that have been followed. */
  _redirects = 0;
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
  #isPaused = false;
  /** Bytes that were sent too late. */
  #lateBytes = 0;
  #isErrorTold = false;
  #pendingPongs = 0;
  #maxPendingPongs = 0;
  #generateMask: ((mask: Buffer) => void) | undefined;
  /** The type of the message in fragments that is being sent. */
  #sendingType: BufferType | null = null;
  /** What waits for a Blob to be read, the Blob first. */
  #turn: Waiting[] | null = null;
  /** Where events may come once a turn only. */
  #turns: Turns | null = null;
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
    const isOptions = typeof protocols === 'object' && protocols !== null && !Array.isArray(protocols);
    const given = (isOptions ? (protocols as ClientOptions) : options) ?? {};
    const wanted = isOptions || protocols === undefined ? given.protocols : protocols;
    let list: readonly string[] = [];
    if (Array.isArray(wanted)) list = wanted as string[];
    else if (wanted !== undefined) list = [wanted as string];
    connectAsClient(this, address, list, given);
  }

  // ---- Attributes ----

  get binaryType(): BinaryType {
    return this.#binaryType;
  }

  set binaryType(type: BinaryType) {
    if (BINARY_TYPES.includes(type)) this.#binaryType = type;
  }

  /**
   * Bytes that have been sent and not yet been handed to the operating system, which has then been offered all of
   * them: payloads where they wait to be read or compressed, frames behind that.
   */
  get bufferedAmount(): number {
    this.#connection?.flush();
    let amount = this.#lateBytes + (this.#connection?.bufferedAmount ?? 0);
    if (this.#turn !== null) for (const { length } of this.#turn) amount += length;
    return amount;
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

  /** What ends the wait for the peer's end, while there is one. */
  get _closeTimer(): NodeJS.Timeout | null {
    return this.#connection?.closeTimer ?? null;
  }

  /** For programs that make frames themselves, as socket.io does for broadcasts. */
  get _sender(): { sendFrame(list: readonly Uint8Array[], callback?: SendCallback): void } {
    return (this.#sender ??= {
      sendFrame: (list, callback) => {
        this.#connection?.sendFramed(list, writtenOf(callback));
      },
    });
  }

  get onopen(): ((event: types.Event) => void) | null {
    return attributeOf(this, 'open') as ((event: types.Event) => void) | null;
  }
  set onopen(listener: ((event: types.Event) => void) | null) {
    setAttribute(this, 'open', listener);
  }
  get onmessage(): ((event: types.MessageEvent) => void) | null {
    return attributeOf(this, 'message') as ((event: types.MessageEvent) => void) | null;
  }
  set onmessage(listener: ((event: types.MessageEvent) => void) | null) {
    setAttribute(this, 'message', listener);
  }
  get onerror(): ((event: types.ErrorEvent) => void) | null {
    return attributeOf(this, 'error') as ((event: types.ErrorEvent) => void) | null;
  }
  set onerror(listener: ((event: types.ErrorEvent) => void) | null) {
    setAttribute(this, 'error', listener);
  }
  get onclose(): ((event: types.CloseEvent) => void) | null {
    return attributeOf(this, 'close') as ((event: types.CloseEvent) => void) | null;
  }
  set onclose(listener: ((event: types.CloseEvent) => void) | null) {
    setAttribute(this, 'close', listener);
  }

  addEventListener<K extends keyof types.WebSocketEventMap>(
    type: K,
    listener: EventListener<types.WebSocketEventMap[K]>,
    options: types.EventListenerOptions = {},
  ): void {
    addListener(this, type, listener, options);
  }

  removeEventListener<K extends keyof types.WebSocketEventMap>(
    type: K,
    listener: EventListener<types.WebSocketEventMap[K]>,
  ): void {
    removeListener(this, type, listener);
  }

  // ---- The opening ----

  /** The opening handshake is done. */
  [attach](attachment: Attachment): void {
    const { transport, isServer, protocol, extension } = attachment;
    this._isServer = isServer;
    this._protocol = protocol;
    this.#extension = extension;
    this.#transport = transport;
    if (!attachment.allowSynchronousEvents) this.#turns = new Turns();
    this.#connection = attachment.makeConnection(faceOf(this));
    if (!attachment.autoPong) this.#connection.autoPong = false;
    else this.#maxPendingPongs = attachment.maxPendingAutoPongs;
    this.#generateMask = attachment.generateMask;
    if (!isServer && attachment.generateMask !== undefined)
      this.#connection.maskKeys = attachment.generateMask;
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

  #closing(code: number, reason: Uint8Array | null): void {
    this.#closeCode = code;
    if (reason !== null) this.#closeReason = asBuffer(reason);
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
      this.#tellError(errorOf(error, header, status));
    });
  }

  /** An error is told once; what follows from it is not. */
  #tellError(error: Error): void {
    if (this.#isErrorTold) return;
    this.#isErrorTold = true;
    this.emit('error', error);
  }

  /** A ping, which is being answered. */
  #pinged(payload: Uint8Array): void {
    if (this.#maxPendingPongs !== 0 && this[state] === OPEN) {
      if (this.#pendingPongs >= this.#maxPendingPongs) {
        this.terminate();
      } else {
        this.#pendingPongs++;
        this.#connection!.whenWritten(() => this.#pendingPongs--);
      }
    }
    this.#tell('ping', asBuffer(payload));
  }

  #closed(info: CloseInfo): void {
    this[wasClean] = info.wasClean;
    this.#later(() => this[shut]());
  }

  #tell(event: string, ...args: unknown[]): void {
    if (this.#turns === null) this.emit(event, ...args);
    else this.#later(() => this.emit(event, ...args), true);
  }

  /** Behind the events that wait for their own tick; what a listener throws is thrown in the next tick. */
  #later(task: () => void, isEvent = false): void {
    const turns = this.#turns;
    if (turns !== null && (isEvent || !turns.isEmpty)) {
      turns.push(task);
      return;
    }
    try {
      task();
    } catch (error) {
      process.nextTick(rethrow, error);
    }
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
    const mask = given.mask ?? !this._isServer;
    if (what instanceof Blob) {
      this.#sendBlob(what, (bytes) => this.#frame(bytes, isBinary, isLast, compress, mask, done), done);
      return;
    }
    const bytes = bytesOf(what);
    if (this.#turn === null) this.#frame(bytes, isBinary, isLast, compress, mask, done);
    else this.#inTurn(bytes, (kept) => this.#frame(kept, isBinary, isLast, compress, mask, done), done);
  }

  #frame(
    bytes: Uint8Array,
    isBinary: boolean,
    isLast: boolean,
    compress: boolean,
    mask: boolean,
    done: SendCallback | undefined,
  ): void {
    // The type of a message is that of its first fragment.
    const first = this.#sendingType;
    const whole = first ?? (isBinary ? BufferType.BinaryMessage : BufferType.Utf8Message);
    this.#sendingType = isLast ? null : whole;
    if (mask === this._isServer) {
      const opcode = whole === BufferType.BinaryMessage ? BINARY : TEXT;
      this.#writeFrame(bytes, first === null ? opcode : CONTINUATION, isLast, mask, done);
      return;
    }
    let type = whole;
    if (!isLast)
      type = whole === BufferType.BinaryMessage ? BufferType.BinaryFragment : BufferType.Utf8Fragment;
    const written = compress && this.#extension !== '' ? compressedOf(done) : writtenOf(done);
    this.#connection!.sendFrame(type, bytes, compress, written);
  }

  /** Writes a frame that the component would not: masked by a server, or not by a client. */
  #writeFrame(
    bytes: Uint8Array,
    opcode: number,
    fin: boolean,
    mask: boolean,
    done: SendCallback | undefined,
  ): void {
    const list = frame(bytes, { opcode, fin, mask, generateMask: this.#generateMask, readOnly: true });
    this.#connection!.sendFramed(list, writtenOf(done));
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
    if (typeof payload === 'number') payload = payload.toString();
    if (this[state] !== OPEN) {
      this.#sendTooLate(payload, done);
      return;
    }
    const send = (bytes: Uint8Array): void => {
      if (isMasked === this._isServer)
        this.#writeFrame(bytes, type === BufferType.PingPong ? PING : PONG, true, isMasked, done);
      else this.#connection!.sendFrame(type, bytes, undefined, writtenOf(done));
    };
    const bytes = controlPayloadOf(payload);
    if (bytes instanceof Blob) this.#sendBlob(bytes, send, done);
    else this.#inTurn(bytes, send, done);
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

  /** Sends behind the Blob that is being read; at once, where there is none. */
  #inTurn(bytes: Uint8Array, send: (bytes: Uint8Array) => void, done: SendCallback | undefined): void {
    if (this.#turn === null) send(bytes);
    else this.#turn.push({ send: () => send(bytes), length: bytes.byteLength, isBlob: false, done });
  }

  /** What is sent behind a Blob waits until it has been read. */
  #sendBlob(blob: Blob, send: (bytes: Uint8Array) => void, done: SendCallback | undefined): void {
    const waiting: Waiting = {
      send: () => this.#readBlob(blob, send),
      length: blob.size,
      isBlob: true,
      done,
    };
    if (this.#turn !== null) {
      this.#turn.push(waiting);
    } else {
      this.#turn = [waiting];
      waiting.send();
    }
  }

  /** Reads the Blob that is first in turn, sends it, and what is behind it up to the next one. */
  #readBlob(blob: Blob, send: (bytes: Uint8Array) => void): void {
    blob.arrayBuffer().then(
      (buffer) => {
        const turn = this.#turn;
        if (turn === null) return;
        if (this.#transport!.destroyed) {
          process.nextTick(() =>
            this.#failTurn(new Error('The socket was closed while the blob was being read')),
          );
          return;
        }
        turn.shift();
        send(new Uint8Array(buffer));
        for (let next = turn[0]; next !== undefined; next = turn[0]) {
          if (!next.isBlob) turn.shift();
          next.send();
          // It stays at the head until it has been read.
          if (next.isBlob) return;
        }
        this.#turn = null;
      },
      (cause: unknown) => {
        process.nextTick(() => this.#blobFailed(cause as Error));
      },
    );
  }

  /** A Blob could not be read: what the peer has been sent is not whole, so there is nothing more to say. */
  #blobFailed(error: Error): void {
    this.#failTurn(error);
    if (this[state] === CLOSED) return;
    this[state] = CLOSING;
    this.#connection!.end();
    this.#tellError(error);
  }

  #failTurn(error: Error): void {
    const turn = this.#turn ?? [];
    this.#turn = null;
    for (const { done } of turn) done?.(error);
  }

  close(code?: number, data?: string | Uint8Array): void {
    if (this[state] === CLOSED || this[state] === CLOSING) return;
    if (this[state] === CONNECTING) {
      this.#giveUp();
      return;
    }
    const reason = closeReasonOf(code, data);
    this[state] = CLOSING;
    this.#inTurn(reason, () => void this.#connection!.close(code ?? CloseStatus.Empty, reason), undefined);
  }

  terminate(): void {
    if (this[state] === CLOSED) return;
    if (this[state] === CONNECTING) {
      this.#giveUp();
      return;
    }
    this[state] = CLOSING;
    // What has been sent is on its way, as far as it goes without waiting.
    this.#connection?.flush();
    this.#connection?.terminate();
  }

  #giveUp(): void {
    this[state] = CLOSING;
    const error = new Error('WebSocket was closed before the connection was established');
    const request = this._req;
    this._req = null;
    request?.destroy();
    // Once the answer is there, destroying the request leaves the transport alone.
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
        this.#socket.#pinged(payload);
      }
      pong(payload: Uint8Array): void {
        this.#socket.#tell('pong', asBuffer(payload));
      }
      closing(code: number, reason: Uint8Array | null): void {
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

// What `ws` has on the class, and `@types/ws` in its namespace; `index.ts` puts the values there.
// eslint-disable-next-line @typescript-eslint/no-namespace
export declare namespace WebSocket {
  const WebSocket: typeof types.WebSocket;
  const WebSocketServer: typeof types.WebSocketServer;
  const Server: typeof types.WebSocketServer;
  const createWebSocketStream: typeof types.createWebSocketStream;
  type WebSocket = types.WebSocket;
  type WebSocketServer = types.WebSocketServer;
  type Server = types.WebSocketServer;
  type RawData = types.RawData;
  type Data = types.Data;
  type AddressInfo = types.AddressInfo;
  type ClientOptions = types.ClientOptions;
  type ServerOptions = types.ServerOptions;
  type PerMessageDeflateOptions = types.PerMessageDeflateOptions;
  type FinishRequestCallback = types.FinishRequestCallback;
  type VerifyClientCallbackSync = types.VerifyClientSync;
  type VerifyClientCallbackAsync = types.VerifyClientAsync;
  type Event = types.Event;
  type CloseEvent = types.CloseEvent;
  type ErrorEvent = types.ErrorEvent;
  type MessageEvent = types.MessageEvent;
  type WebSocketEventMap = types.WebSocketEventMap;
  type EventListenerOptions = types.EventListenerOptions;
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

function writtenOf(callback: SendCallback | undefined): ((error?: Error | null) => void) | undefined {
  return callback === undefined ? undefined : (callback as (error?: Error | null) => void);
}

/** As {@link writtenOf}, of data that is compressed first. */
function compressedOf(callback: SendCallback | undefined): ((error?: Error | null) => void) | undefined {
  if (callback === undefined) return undefined;
  return (error) => {
    if (!(error instanceof ConnectionError)) callback(error ?? undefined);
    else callback(new Error('The socket was closed while data was being compressed', { cause: error }));
  };
}

function rethrow(error: unknown): never {
  throw error;
}
