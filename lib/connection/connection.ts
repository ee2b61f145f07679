/**
 * A connection: a session on a Duplex, for both sides alike.
 *
 * Bytes of the socket go straight into the session, which tells the sink what they were; what the session has
 * to write leaves in one write at the end of the chunk, or of the tick. The life of a connection: open;
 * closing, from the first close frame in either direction, or a failure; closed, when the socket is. Whatever
 * ends it, the order is: close frame (if one can be sent), end of the output, the peer's end, `closed`. A timer
 * runs only while closing.
 *
 * An idle connection owns no buffer, no timer, no closure and no promise: what is rarely needed is in
 * {@link Extras}, made when first needed, and the listeners of the socket are the same functions for all.
 */
import { isUtf8 } from 'node:buffer';
import { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import type { ReadableStream, WritableStream } from 'node:stream/web';
import type { BulkDriver, IndicationSink } from '../component/bulk.js';
import { BufferType, CloseStatus, MAX_CLOSE_REASON_LENGTH } from '../component/contract.js';
import type { CloseBuffer, SessionHandle } from '../component/contract.js';
import { Diagnostic } from '../component/diagnostics.js';
import { ComponentError } from '../component/errors.js';
import { openSession } from '../session/index.js';
import { Assembly, isFinalType } from './assembly.js';
import { isCloseCode, isSendableCloseCode } from './close-code.js';
import type { MessageCodec } from './codec.js';
import { CodecSession, DecodingError } from './codec-session.js';
import type { CodecOwner } from './codec-session.js';
import { quietDeferred, quietRejection, untilAborted } from './deferred.js';
import type { Deferred } from './deferred.js';
import { channels, debug } from './diagnostics.js';
import { ConnectionError } from './errors.js';
import { Group, next, previous, sweep } from './group.js';
import type { Member } from './group.js';
import { Inbox, Piece } from './inbox.js';
import type { Item } from './inbox.js';
import { readMessageStreams } from './message-stream.js';
import type { MessageStream } from './message-stream.js';
import { settingsOf } from './options.js';
import type { ConnectionOptions, Settings } from './options.js';
import { readableOf, writableOf } from './streams.js';
import { partOf } from './part.js';
import { decode } from './text.js';

/** How a connection ended. */
export interface CloseInfo {
  /** The code of the peer's close frame; 1005 where it had none, 1006 where there was no close frame. */
  readonly code: number;
  /** The reason of the peer's close frame. */
  readonly reason: string;
  /** Whether both sides sent a close frame. */
  readonly wasClean: boolean;
  /** Why the connection failed; absent where it was closed by either side. */
  readonly error?: ConnectionError;
}

/** What a connection has moved. Bytes are those of the transport, after the opening handshake. */
export interface Counters {
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** Whole messages; those read as streams count when their last part arrives. */
  readonly messagesReceived: number;
  readonly messagesSent: number;
  /** Milliseconds from the latest answered ping to its pong; undefined before. */
  readonly roundTrip: number | undefined;
  /** Bytes of messages by bytes of frames; undefined without compression. */
  readonly compressionRatio: number | undefined;
}

/** A message to send: whole, or as parts that are sent as they come. All parts are strings, or all are bytes. */
export type Sendable = string | Uint8Array | ArrayBuffer | Blob | SendableParts;

/** Parts of one message, each sent as a frame of its own. */
export type SendableParts = Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>;

/** A signal that ends the wait. */
export interface Abortable {
  /** What ends the wait with its reason. What has been queued for the network is not taken back. */
  readonly signal?: AbortSignal;
}

/** What the opening handshake has found out, for {@link Connection}. */
export interface ConnectionInit {
  /** The chosen subprotocol. Default: ''. */
  readonly protocol?: string;
  /** The target of the request, such as `/chat?room=1`, or the URL connected to. Default: ''. */
  readonly url?: string;
  /** The server ends the transport first (RFC 6455, section 7.1.1). Default: 'client'. */
  readonly side?: 'client' | 'server';
  /** What frames and parses. Default: the session of the handle. */
  readonly session?: BulkDriver;
  /** What the agreed extension does to messages; needs the portable backend. Default: none. */
  readonly codec?: MessageCodec;
  /** The extension agreed on, as in the answer's header. Default: ''. */
  readonly extensions?: string;
  /** What is told everything, instead of the events and readers. Default: none. */
  readonly face?: Face;
}

/**
 * What another API over a connection (the drop-in for `ws`) is told, in place of the events and readers: as bytes, and
 * when it happens.
 */
export interface Face {
  /** A whole message. The bytes may be kept. */
  message(data: Uint8Array, isText: boolean): void;
  /** Portable backend only. */
  ping(payload: Uint8Array): void;
  pong(payload: Uint8Array): void;
  /** The peer's close frame; this end answers it. */
  closing(code: number, reason: string): void;
  /** The connection fails; the close frame that says so has not been written yet. */
  failed(error: ConnectionError): void;
  closed(info: CloseInfo): void;
}

/** What few connections need at a time. */
class Extras {
  extensions = '';
  face: Face | null = null;
  /** To be called when what is in the output now has been written. */
  written: ((error?: Error | null) => void)[] | null = null;
  closeInfo: CloseInfo | null = null;
  closed: Deferred<CloseInfo> | null = null;
  code: number = CloseStatus.Aborted;
  reason = '';
  error: ConnectionError | null = null;
  /** What the socket reported. */
  cause: Error | null = null;
  timer: NodeJS.Timeout | null = null;
  /** What the next turn sends as the close frame. */
  answer: CloseBuffer | undefined = undefined;
  /** Writes that the transport has not done yet, of those that were made while it was behind. */
  waitingWrites = 0;
  /** Resolved when the output that waits has been written. */
  flushed: Deferred<void> | null = null;
  /** The last of those sends that have to wait for one another. */
  turn: Promise<unknown> | null = null;
  /** When the ping that is not yet answered was sent; 0 for none. */
  pingSince = 0;
  pinged: Deferred<number> | null = null;
  roundTrip: number | undefined = undefined;
  readable: ReadableStream<string | Uint8Array> | null = null;
  writable: WritableStream<string | Uint8Array> | null = null;
}

// The state of a connection is a set of these.
const CLOSE_SENT = 1 << 0;
const CLOSE_RECEIVED = 1 << 1;
/** `close` has been called; a message in parts may still have to end. */
const CLOSE_WANTED = 1 << 2;
/** The connection failed: what still arrives is not looked at. */
const FAILED = 1 << 3;
/** This end of the transport has been ended. */
const ENDED = 1 << 4;
/** The peer has ended its end. */
const PEER_ENDED = 1 << 5;
const TERMINATED = 1 << 6;
const CLOSED = 1 << 7;
/** The inbox is full. */
const FULL = 1 << 8;
/** `pause` has been called. */
const PAUSED = 1 << 9;
/** A chunk is being parsed: its end writes the output. */
const PARSING = 1 << 10;
/** The end of the tick writes the output. */
const SCHEDULED = 1 << 11;
/** Messages are read in parts. */
const STREAMING = 1 << 12;
/** The rest of the current message is of no interest. */
const SKIPPING = 1 << 13;
const IS_SERVER = 1 << 14;
/** A close frame or a violation has arrived, and is answered in the next turn: until then this end may send. */
const ANSWERING = 1 << 15;
/** The session is a {@link CodecSession}. */
const HAS_CODEC = 1 << 16;
/** {@link Extras.face} is told everything. */
const HAS_FACE = 1 << 17;
/** The transport has been paused until the codec is done. */
const DECODING = 1 << 18;
/** The transport is closed, but the codec has still something that came before. */
const GONE = 1 << 19;

const CLOSING =
  CLOSE_SENT | CLOSE_RECEIVED | CLOSE_WANTED | FAILED | ENDED | PEER_ENDED | TERMINATED | CLOSED;
/** What the peer has done; it does not yet keep this end from sending while it is {@link ANSWERING}. */
const BY_PEER = CLOSE_RECEIVED | FAILED | PEER_ENDED;
/** Nothing that arrives matters any more. */
const DEAF = CLOSE_RECEIVED | FAILED | TERMINATED | CLOSED;

/** Payloads from this size on may be written from the caller's memory; see {@link Connection.send}. */
const BY_REFERENCE = 4096;

/** What a write that waits costs besides its bytes: the views, the entry in the stream's queue, the callback. */
const WRITE_OVERHEAD = 512;

const NO_REASON = new Uint8Array(0);
const RESOLVED = Promise.resolve();
const owner: unique symbol = Symbol('connection');

interface OwnedSocket extends Duplex {
  [owner]?: Connection;
}

/** The connections with output, to be written at the end of the tick. */
let dirty: Connection[] = [];

// Assigned in the class, where the private parts are in reach.
let flushAll: () => void;
let sink: IndicationSink & { connection: Connection | null };
let onData: (this: OwnedSocket, chunk: Buffer) => void;
let onEnd: (this: OwnedSocket) => void;
let onError: (this: OwnedSocket, error: Error) => void;
let onClose: (this: OwnedSocket) => void;
let onCloseTimeout: (connection: Connection) => void;
let answer: (connection: Connection) => void;
let giveUp: (connection: Connection, silence: number) => void;
let drainToListeners: (connection: Connection) => void;

/** Groups of connections that were made without one. */
const looseGroups = new Map<string, Group<Connection>>();

export function groupOf(settings: Settings): Group<Connection> {
  const key = JSON.stringify(settings, (_, value: unknown) => (value === Infinity ? 'none' : value));
  let group = looseGroups.get(key);
  if (group === undefined) {
    group = new Group(settings);
    // One group for each set of options is a few; a program that makes up options gets groups of one.
    if (looseGroups.size < 64) looseGroups.set(key, group);
  }
  return group;
}

/** Events of a connection. */
export interface ConnectionEvents {
  /** A whole message: text is a string, binary a Uint8Array. */
  message: [data: string | Uint8Array];
  /** An answer to a ping, or an unsolicited pong. */
  pong: [payload: Uint8Array];
  /** The connection has ended; the last event. */
  close: [info: CloseInfo];
  /** The connection failed; `close` follows. Not an error to leave unheard. */
  error: [error: ConnectionError];
}

// The methods of an emitter without its constructor: the table of listeners is made by the first of them.
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging, @typescript-eslint/no-empty-object-type
export interface Connection extends EventEmitter<ConnectionEvents> {}

/**
 * A WebSocket connection. Messages are read in one of these ways: `for await (const message of connection)`,
 * the event `message`, {@link messageStreams}, or {@link readable}. What nobody has read waits; from
 * `highWaterMark` bytes on the transport is paused.
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging
export class Connection implements Member<Connection> {
  /** The subprotocol that was agreed on; '' for none. */
  readonly protocol: string;
  /** Server: the target of the request, such as `/chat?room=1`. Client: the URL. */
  readonly url: string;
  /** The transport, for its addresses and the like; its bytes belong to the connection. */
  readonly socket: Duplex;
  readonly #handle: SessionHandle;
  readonly #session: BulkDriver;
  readonly #group: Group<Connection>;
  #flags: number;
  /** Sweeps of the group since something arrived. */
  #silence = 0;
  #bytesReceived = 0;
  #bytesSent = 0;
  #messagesReceived = 0;
  #messagesSent = 0;
  #assembly: Assembly | null = null;
  #inbox: Inbox | null = null;
  #extras: Extras | null = null;
  [next]: Connection | null = null;
  [previous]: Connection | null = null;

  /**
   * Takes over a transport on which the opening handshake is done. Bytes that came with the handshake are to be
   * given back with `socket.unshift` before.
   *
   * @param socket - any Duplex of bytes, such as a net.Socket or tls.TLSSocket.
   * @param handle - a handle of the component whose handshake is done; the connection deletes it.
   * @param options - or the group of connections that this one joins.
   * @throws TypeError, RangeError: an option of the wrong type or out of range.
   */
  constructor(
    socket: Duplex,
    handle: SessionHandle,
    options: ConnectionOptions | Group<Connection> = {},
    init: ConnectionInit = {},
  ) {
    this.protocol = init.protocol ?? '';
    this.url = init.url ?? '';
    this.socket = socket;
    this.#handle = handle;
    this.#group = options instanceof Group ? options : groupOf(settingsOf(options, 30_000, 'encoded'));
    this.#session = init.session ?? openSession(handle);
    this.#flags = init.side === 'server' ? IS_SERVER : 0;
    if (init.codec !== undefined) {
      const { verifyText } = this.#group.settings;
      this.#session = new CodecSession(this.#session, init.codec, this.#codecOwner(), verifyText !== 'never');
      this.#flags |= HAS_CODEC;
    }
    if (init.extensions !== undefined) this.#more().extensions = init.extensions;
    if (init.face !== undefined) {
      this.#more().face = init.face;
      this.#flags |= HAS_FACE;
    }
    (socket as OwnedSocket)[owner] = this;
    this.#group.add(this);
    socket.on('data', onData);
    socket.on('end', onEnd);
    socket.on('error', onError);
    socket.on('close', onClose);
    if (debug.enabled) debug('open %s%s', this.url, this.protocol === '' ? '' : ` (${this.protocol})`);
    if (channels.open.hasSubscribers) channels.open.publish({ connection: this });
    // A transport that died during the handshake tells so once, and has told it.
    if (socket.destroyed) process.nextTick(() => onClose.call(socket));
  }

  // ---- State ----

  /** 'closing' from the first close frame, sent or received, until the transport is closed. */
  get state(): 'open' | 'closing' | 'closed' {
    if ((this.#flags & CLOSED) !== 0) return 'closed';
    return (this.#flags & CLOSING) !== 0 ? 'closing' : 'open';
  }

  /** Bytes of output that wait: in this connection and in the transport. */
  get bufferedAmount(): number {
    return this.#session.outputLength + this.#waitingBytes + this.socket.writableLength;
  }

  /** The session, where a codec is between. */
  get #codec(): CodecSession | null {
    // The flag is the test; an instanceof would cost every send.
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment
    return (this.#flags & HAS_CODEC) === 0 ? null : (this.#session as CodecSession);
  }

  get #waitingBytes(): number {
    return this.#codec?.waitingBytes ?? 0;
  }

  /** The extension agreed on, as in the header of the server's answer; '' for none. */
  get extensions(): string {
    return this.#extras?.extensions ?? '';
  }

  /** Resolves when the connection has ended, in whatever way; never rejects. */
  get closed(): Promise<CloseInfo> {
    const extras = this.#more();
    if (extras.closeInfo !== null) return Promise.resolve(extras.closeInfo);
    extras.closed ??= quietDeferred();
    return extras.closed.promise;
  }

  /** What the connection has moved so far. */
  get counters(): Counters {
    return {
      bytesReceived: this.#bytesReceived,
      bytesSent: this.#bytesSent,
      messagesReceived: this.#messagesReceived,
      messagesSent: this.#messagesSent,
      roundTrip: this.#extras?.roundTrip,
      compressionRatio: this.#codec?.ratio,
    };
  }

  #more(): Extras {
    return (this.#extras ??= new Extras());
  }

  // ---- Sending ----

  /**
   * Sends a message. What is sent within one tick leaves in one write, in the order of the calls.
   *
   * The promise resolves as soon as there is room for more: at once while less than `highWaterMark` bytes wait,
   * otherwise when the message has been written. It need not be awaited; a failure that nobody looks at is not an
   * unhandled rejection, for {@link closed} tells it. Data of 4096 bytes and more must not change until it has
   * resolved.
   *
   * @param data - text (a string), binary (bytes), a Blob (binary), or parts: an iterable, an async iterable or a
   *   stream of strings or of bytes, sent as the frames of one message. Messages sent meanwhile wait for its end.
   * @throws ConnectionError (in the promise) `ERR_CLOSED`: the connection is closing or closed;
   *   `ERR_TOO_MUCH_BUFFERED`: the peer does not read; `ERR_CONNECTION_LOST`.
   * @throws TypeError (in the promise) data that cannot be sent.
   */
  send(data: Sendable, options?: Abortable): Promise<void> {
    if (
      (this.#flags & CLOSING) === 0 &&
      options === undefined &&
      (this.#extras === null || this.#extras.turn === null)
    ) {
      if (typeof data === 'string') return this.#frameText(data);
      if (data instanceof Uint8Array) return this.#frame(BufferType.BinaryMessage, data);
    }
    return this.#sendAny(data, options?.signal);
  }

  #sendAny(data: Sendable, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    if (this.#isShut(0)) return quietRejection(this.#closedError());
    if (typeof data === 'string') return this.#inTurn(() => this.#frameText(data), signal);
    if (data instanceof Uint8Array)
      return this.#inTurn(() => this.#frame(BufferType.BinaryMessage, data), signal);
    if (data instanceof ArrayBuffer) return this.#sendAny(new Uint8Array(data), signal);
    if (data instanceof Blob) {
      return this.#inTurn(
        async () => this.#frame(BufferType.BinaryMessage, new Uint8Array(await data.arrayBuffer())),
        signal,
      );
    }
    if (isParts(data)) {
      return this.#inTurn(() => this.#sendParts(data, signal), undefined);
    }
    return Promise.reject(
      new TypeError('data must be a string, bytes, a Blob or an iterable of strings or bytes'),
    );
  }

  /** Runs a send when those before it are done; at once, where there is none. */
  #inTurn(task: () => Promise<void>, signal: AbortSignal | undefined): Promise<void> {
    const extras = this.#more();
    const run =
      extras.turn === null
        ? task()
        : extras.turn.then(() => {
            if (signal?.aborted === true) throw signal.reason;
            return this.#isShut(CLOSE_WANTED) ? Promise.reject(this.#closedError()) : task();
          });
    const turn = run.then(nothing, nothing).then(() => {
      if (extras.turn === turn) extras.turn = null;
    });
    extras.turn = turn;
    return untilAborted(run, signal);
  }

  async #sendParts(parts: SendableParts, signal: AbortSignal | undefined): Promise<void> {
    let type = 0;
    let surrogate = '';
    try {
      for await (const part of parts) {
        signal?.throwIfAborted();
        let bytes: Uint8Array;
        if (typeof part === 'string') {
          const text = surrogate + part;
          const last = text.charCodeAt(text.length - 1);
          // Half of a character waits for the other half, or it would be sent as U+FFFD.
          const split = last >= 0xd800 && last <= 0xdbff;
          surrogate = split ? text.slice(-1) : '';
          bytes = Buffer.from(split ? text.slice(0, -1) : text);
        } else {
          if (!(part instanceof Uint8Array))
            throw new TypeError('the parts of a message must be strings or bytes');
          bytes = part;
        }
        const partType = typeof part === 'string' ? BufferType.Utf8Fragment : BufferType.BinaryFragment;
        if (type === 0) type = partType;
        else if (type !== partType)
          throw new TypeError('the parts of a message must be all strings or all bytes');
        await untilAborted(this.#frame(type, bytes), signal);
      }
    } catch (error) {
      // A message that has begun cannot be taken back; only the end of the connection ends it.
      if (type !== 0) void this.close(CloseStatus.ServerError, 'a message could not be completed');
      throw error;
    }
    const isText = type !== BufferType.BinaryFragment;
    await this.#frame(isText ? BufferType.Utf8Message : BufferType.BinaryMessage, Buffer.from(surrogate));
  }

  /** Frames one part or message and says when there is room for more. */
  #frame(type: BufferType, bytes: Uint8Array): Promise<void> {
    if (this.#isShut(CLOSE_WANTED)) return quietRejection(this.#closedError());
    const waiting = this.socket.writableLength + this.#waitingBytes;
    try {
      this.#session.send(type, bytes);
    } catch (error) {
      // Memory that cannot be sent: shared, resizable, detached.
      const refusal = error as Error;
      return Promise.reject(refusal);
    }
    if (isFinalType(type)) this.#messagesSent++;
    return this.#framed(waiting, bytes.byteLength >= BY_REFERENCE);
  }

  /** {@link #frame} for a whole text: nothing of it is kept by reference. */
  #frameText(text: string): Promise<void> {
    if (this.#session.sendText === undefined) return this.#frame(BufferType.Utf8Message, Buffer.from(text));
    if (this.#isShut(CLOSE_WANTED)) return quietRejection(this.#closedError());
    const waiting = this.socket.writableLength + this.#waitingBytes;
    this.#session.sendText(text);
    this.#messagesSent++;
    return this.#framed(waiting, false);
  }

  /**
   * Sees to it that what has been framed is written.
   *
   * @param waiting - bytes that waited below the session before.
   * @param keepsMemory - the sender has to leave memory alone until it has been written.
   */
  #framed(waiting: number, keepsMemory: boolean): Promise<void> {
    const { settings } = this.#group;
    const buffered = this.#session.outputLength + waiting;
    if (buffered > settings.maxBufferedBytes) {
      const error = this.#tooMuchBuffered(buffered);
      this.#fail(error);
      return quietRejection(error);
    }
    if ((this.#flags & (PARSING | SCHEDULED)) === 0) this.#schedule();
    if (buffered < settings.highWaterMark && !keepsMemory) return RESOLVED;
    return (this.#more().flushed ??= quietDeferred()).promise;
  }

  /** Whether nothing may be sent any more; `except` are states that do not count. */
  #isShut(except: number): boolean {
    const flags = this.#flags & ~except;
    return (flags & ((flags & ANSWERING) === 0 ? CLOSING : CLOSING & ~BY_PEER)) !== 0;
  }

  #schedule(): void {
    this.#flags |= SCHEDULED;
    if (dirty.push(this) === 1) process.nextTick(flushAll);
  }

  /** Writes what waits, in one write. */
  #flush(): void {
    const length = this.#session.outputLength;
    if (length === 0) return;
    const chunks = this.#session.takeOutput();
    const { socket } = this;
    if (this.#extras !== null && this.#extras.written !== null) this.#writeWithCallbacks(chunks, length);
    else this.#write(chunks, length, undefined);
    // Pongs count as well: a peer that pings and does not read must not fill this end's memory.
    let waiting = socket.writableLength;
    if (this.#extras !== null) waiting += this.#extras.waitingWrites * WRITE_OVERHEAD;
    if (waiting > this.#group.settings.maxBufferedBytes) this.#fail(this.#tooMuchBuffered(waiting));
  }

  /**
   * Writes to a transport that is behind. Short chunks lie in memory that all connections share: they are copied,
   * so that a peer that does not read keeps no more than what is its own; and the writes are counted, because each
   * costs more than its bytes.
   */
  #writeBehind(chunks: Uint8Array[], callback: ((error?: Error | null) => void) | undefined): void {
    const extras = this.#more();
    const { socket } = this;
    const last = chunks.length - 1;
    for (let index = 0; index <= last; index++) {
      const chunk = chunks[index]!;
      const own = chunk.byteLength < BY_REFERENCE ? new Uint8Array(chunk) : chunk;
      extras.waitingWrites++;
      socket.write(own, (error) => {
        extras.waitingWrites--;
        if (index === last) callback?.(error);
      });
    }
  }

  #writeWithCallbacks(chunks: Uint8Array[], length: number): void {
    const extras = this.#extras!;
    const written = extras.written!;
    extras.written = null;
    this.#write(chunks, length, (error) => {
      for (const callback of written) callback(error);
    });
  }

  #write(chunks: Uint8Array[], length: number, written: ((error?: Error | null) => void) | undefined): void {
    const { socket } = this;
    if ((this.#flags & (ENDED | TERMINATED | CLOSED)) !== 0 || !socket.writable) {
      written?.(this.#closedError());
      return;
    }
    this.#bytesSent += length;
    let callback = written;
    // What is still with the codec is not written yet.
    const flushed = this.#extras === null || this.#codec?.isEncoding === true ? null : this.#extras.flushed;
    if (flushed !== null) {
      this.#extras!.flushed = null;
      callback = (error) => {
        written?.(error);
        // Of a write that a destroyed socket has dropped, Node says that it went well.
        if (error !== undefined && error !== null) flushed.reject(this.#lostError(error));
        else if (socket.destroyed) flushed.reject(this.#closedError());
        else flushed.resolve();
      };
    }
    if (socket.writableLength !== 0) {
      this.#writeBehind(chunks, callback);
    } else if (chunks.length === 1) {
      socket.write(chunks[0]!, callback);
    } else {
      socket.cork();
      for (let index = 0; index < chunks.length - 1; index++) socket.write(chunks[index]!);
      socket.write(chunks[chunks.length - 1]!, callback);
      socket.uncork();
    }
  }

  #tooMuchBuffered(bytes: number): ConnectionError {
    const { maxBufferedBytes } = this.#group.settings;
    return new ConnectionError(
      'ERR_TOO_MUCH_BUFFERED',
      CloseStatus.PolicyViolation,
      `the peer does not read: ${bytes} bytes of output wait, ${maxBufferedBytes} are allowed`,
    );
  }

  #closedError(): ConnectionError {
    const extras = this.#extras;
    if (extras !== null && extras.error !== null) return extras.error;
    const state = (this.#flags & CLOSED) !== 0 ? 'closed' : 'closing';
    return new ConnectionError(
      'ERR_CLOSED',
      extras?.code ?? CloseStatus.Aborted,
      `the connection is ${state}`,
    );
  }

  #lostError(cause: Error | null): ConnectionError {
    const why =
      cause === null
        ? 'the peer ended the transport without a close frame'
        : `the transport failed: ${cause.message}`;
    return new ConnectionError('ERR_CONNECTION_LOST', CloseStatus.Aborted, why, cause ?? undefined);
  }

  /**
   * Sends a ping and waits for the pong. A ping that is called for while one is unanswered shares its answer.
   *
   * @returns milliseconds from ping to pong.
   * @throws ConnectionError (in the promise) `ERR_CLOSED`, or what ended the connection.
   */
  ping(options?: Abortable): Promise<number> {
    const signal = options?.signal;
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    if ((this.#flags & CLOSING) !== 0) return quietRejection(this.#closedError());
    const extras = this.#more();
    if (extras.pingSince === 0) this.#sendPing();
    extras.pinged ??= quietDeferred();
    return untilAborted(extras.pinged.promise, signal);
  }

  #sendPing(): void {
    this.#session.send(BufferType.PingPong);
    const extras = this.#more();
    // The pong that comes next is taken for that of the oldest ping.
    if (extras.pingSince === 0) extras.pingSince = performance.now();
    if ((this.#flags & (PARSING | SCHEDULED)) === 0) this.#schedule();
  }

  /**
   * Sends one frame, for faces with a say in framing; `send` is for everybody else.
   *
   * @param type - as of the component; pings and pongs with a payload need the portable backend.
   * @param compress - `false` sends the message without the codec; counts with its first frame.
   * @param written - called when the frame has been written, or could not be.
   * @throws ComponentError, TypeError: what cannot be sent.
   * @internal
   */
  sendFrame(
    type: BufferType,
    bytes: Uint8Array,
    compress?: boolean,
    written?: (error?: Error | null) => void,
  ): void {
    if (this.#isShut(CLOSE_WANTED)) {
      written?.(this.#closedError());
      return;
    }
    const session = this.#session;
    const whenFramed =
      written === undefined
        ? undefined
        : (): void => {
            (this.#more().written ??= []).push(written);
          };
    if (type === BufferType.PingPong || type === BufferType.UnsolicitedPong) {
      if (bytes.byteLength !== 0 && session.sendControl !== undefined) session.sendControl(type, bytes);
      else session.send(type);
      whenFramed?.();
    } else {
      if (session instanceof CodecSession) session.send(type, bytes, compress, whenFramed);
      else {
        session.send(type, bytes);
        whenFramed?.();
      }
      if (isFinalType(type)) this.#messagesSent++;
    }
    if ((this.#flags & (PARSING | SCHEDULED)) === 0) this.#schedule();
  }

  /** Writes what waits now, not at the end of the tick. @internal */
  flush(): void {
    if ((this.#flags & PARSING) === 0) this.#flush();
  }

  /**
   * Writes frames that somebody else has made, behind those that wait.
   *
   * @internal
   */
  sendFramed(chunks: readonly Uint8Array[], written?: (error?: Error | null) => void): void {
    if (this.#isShut(CLOSE_WANTED)) {
      written?.(this.#closedError());
      return;
    }
    this.#flush();
    const length = chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
    this.#messagesSent++;
    this.#write([...chunks], length, written);
  }

  /** Whether received pings are answered; `false` needs the portable backend. @internal */
  set autoPong(value: boolean) {
    if (this.#session.autoPong !== undefined) this.#session.autoPong = value;
  }

  /** The status of the close frame that broke the protocol; portable backend only. @internal */
  get offendingStatus(): number | undefined {
    return this.#session.refusedStatus;
  }

  /** The first two bytes of the frame that broke the protocol; portable backend only. @internal */
  get offendingHeader(): number | undefined {
    return this.#session.frameHeader;
  }

  /** One look of the group at its connections; see {@link Group}. */
  [sweep](period: number): void {
    // A transport that this end has paused cannot be heard.
    if ((this.#flags & (CLOSING | FULL | PAUSED)) !== 0) return;
    const { interval, timeout } = this.#group.settings.keepAlive!;
    const silence = this.#silence++ * period;
    if (silence < interval) return;
    if (silence - period < interval) this.#sendPing();
    // When this process was busy, the answer may be waiting in the transport: it is read first.
    else if (silence >= interval + timeout) setImmediate(giveUp, this, silence);
  }

  #giveUp(silence: number): void {
    if ((this.#flags & CLOSING) !== 0 || this.#silence === 0) return;
    const { timeout } = this.#group.settings.keepAlive!;
    this.#flags |= FAILED;
    this.#report(
      new ConnectionError(
        'ERR_KEEP_ALIVE',
        CloseStatus.Aborted,
        `the peer has sent nothing for ${silence} ms and has not answered a ping within ${timeout} ms`,
      ),
    );
    this.socket.destroy();
  }

  // ---- Closing ----

  /**
   * Closes the connection: sends a close frame, after a message in parts that is under way, and waits for the
   * peer's and for the end of the transport; no longer than `closeTimeout` each.
   *
   * @param code - 1000 to 1003, 1007 to 1014, 3000 to 4999; 1005 for a close frame without a code. Default: 1000.
   * @param reason - at most 123 bytes of UTF-8. Default: ''.
   * @returns {@link closed}.
   * @throws RangeError (in the promise) a code or reason that cannot be sent; TypeError.
   */
  close(
    code: number = CloseStatus.Success,
    reason: string | Uint8Array = '',
    options?: Abortable,
  ): Promise<CloseInfo> {
    if (typeof code !== 'number' || (typeof reason !== 'string' && !(reason instanceof Uint8Array))) {
      return Promise.reject(new TypeError('code must be a number and reason a string or bytes'));
    }
    const bytes = typeof reason === 'string' ? Buffer.from(reason) : reason;
    if (!isSendableCloseCode(code))
      return Promise.reject(new RangeError(`${code} is not a close code that can be sent`));
    if (
      bytes.byteLength > MAX_CLOSE_REASON_LENGTH ||
      (code === CloseStatus.Empty && bytes.byteLength !== 0)
    ) {
      return Promise.reject(new RangeError('a close reason needs a code and has at most 123 bytes'));
    }
    if ((this.#flags & CLOSING) === 0) {
      this.#flags |= CLOSE_WANTED;
      this.#startTimer();
      const turn = this.#extras === null ? null : this.#extras.turn;
      if (turn === null) this.#sendClose(code, bytes);
      else void turn.then(() => this.#sendClose(code, bytes));
    }
    return untilAborted(this.closed, options?.signal);
  }

  #sendClose(code: number, reason: Uint8Array): void {
    if ((this.#flags & (CLOSING & ~CLOSE_WANTED)) !== 0) return;
    this.#flags |= CLOSE_SENT;
    this.#session.send(BufferType.Close, code === CloseStatus.Empty ? undefined : { status: code, reason });
    if ((this.#flags & PARSING) === 0) this.#flush();
    // The peer's close frame is behind whatever is still in the transport: nothing may hold that up now.
    this.#resumeSocket();
  }

  /** Ends the connection at once, without a close frame: what waits to be sent is lost. */
  terminate(): void {
    if ((this.#flags & CLOSED) !== 0) return;
    this.#flags |= TERMINATED;
    this.socket.destroy();
  }

  /** Closes the connection and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** The peer, or this end's limits, or the transport made it impossible to go on. */
  #fail(error: ConnectionError): void {
    if ((this.#flags & (FAILED | TERMINATED | CLOSED)) !== 0) return;
    this.#flags |= FAILED;
    this.#assembly = null;
    this.#codec?.stopDecoding();
    this.#report(error);
    if ((this.#flags & (CLOSE_SENT | ENDED)) === 0 && error.closeCode !== CloseStatus.Aborted) {
      // A face speaks for itself.
      const reason = (this.#flags & HAS_FACE) === 0 ? reasonOf(error) : NO_REASON;
      this.#answerWith({ status: error.closeCode, reason });
      if (isPeersFault(error)) return;
      answer(this);
      return;
    }
    this.#flush();
    this.#end();
  }

  /**
   * Answers the peer's close frame, or its violation, in the next turn: whoever reads what came before it has then
   * had its turn, and its answers leave first, wherever the chunks were cut.
   */
  #answerWith(close: CloseBuffer | undefined): void {
    this.#flags |= ANSWERING;
    this.#more().answer = close;
    setImmediate(answer, this);
  }

  #answer(): void {
    if ((this.#flags & ANSWERING) === 0) return;
    this.#flags &= ~ANSWERING;
    if ((this.#flags & (CLOSE_SENT | ENDED | TERMINATED | CLOSED)) !== 0) return;
    this.#flags |= CLOSE_SENT;
    try {
      this.#session.send(BufferType.Close, this.#extras!.answer);
    } catch (error) {
      if (!(error instanceof ComponentError)) throw error;
      // The handle takes no more: the peer gets the end of the transport without a word.
    }
    this.#flush();
    this.#afterAnswer();
  }

  /** This end's close frame is written, unless it is behind what the codec still has. */
  #afterAnswer(): void {
    if (this.#codec?.isEncoding === true) return;
    if ((this.#flags & (FAILED | PEER_ENDED)) !== 0) this.#end();
    else this.#afterCloseReceived();
  }

  #report(error: ConnectionError): void {
    this.#more().error = error;
    this.#extras!.face?.failed(error);
    if (debug.enabled) debug('failed %s: %s', this.url, error.message);
    if (channels.error.hasSubscribers) channels.error.publish({ connection: this, error });
  }

  /** Ends this side of the transport; the peer has a while to end its own. */
  #end(): void {
    if ((this.#flags & ENDED) !== 0) return;
    this.#flags |= ENDED;
    this.socket.end();
    this.#startTimer();
    this.#resumeSocket();
  }

  #startTimer(): void {
    const extras = this.#more();
    if (extras.timer !== null) clearTimeout(extras.timer);
    extras.timer = setTimeout(onCloseTimeout, this.#group.settings.closeTimeout, this);
  }

  #finish(): void {
    if ((this.#flags & CLOSED) !== 0) return;
    if ((this.#flags & (DEAF | HAS_CODEC)) === HAS_CODEC && this.#codec!.isDecoding) {
      this.#flags |= GONE;
      return;
    }
    const flags = this.#flags;
    this.#flags |= CLOSED;
    const extras = this.#more();
    if (extras.timer !== null) clearTimeout(extras.timer);
    extras.timer = null;
    const { socket } = this;
    socket.off('data', onData);
    socket.off('end', onEnd);
    socket.off('close', onClose);
    (socket as OwnedSocket)[owner] = undefined as never;
    this.#group.delete(this);
    this.#codec?.abandon();
    this.#handle.delete();
    this.#assembly = null;

    const wasClean = (flags & CLOSE_SENT) !== 0 && (flags & CLOSE_RECEIVED) !== 0 && (flags & FAILED) === 0;
    if (!wasClean && extras.error === null && (flags & TERMINATED) === 0) this.#report(this.#endError(flags));
    const { error } = extras;
    extras.closeInfo = Object.freeze({
      code: extras.code,
      reason: extras.reason,
      wasClean,
      ...(error === null ? {} : { error }),
    });
    if (debug.enabled) debug('closed %s: %d %s', this.url, extras.code, extras.reason);
    if (channels.close.hasSubscribers) channels.close.publish({ connection: this, ...extras.closeInfo });
    // Whoever closed the connection knows; a reader is told of failures only.
    this.#inbox?.end((flags & CLOSE_WANTED) !== 0 && (flags & FAILED) === 0 ? null : error);
    const late = error ?? this.#closedError();
    if (extras.written !== null) for (const callback of extras.written) callback(late);
    extras.flushed?.reject(late);
    extras.pinged?.reject(late);
    extras.closed?.resolve(extras.closeInfo);
    if (extras.face !== null) {
      extras.face.closed(extras.closeInfo);
      return;
    }
    if (error !== null && this.listenerCount('error') !== 0) this.emit('error', error);
    this.emit('close', extras.closeInfo);
  }

  #endError(flags: number): ConnectionError {
    const { cause } = this.#extras!;
    if ((flags & CLOSE_WANTED) === 0 || cause !== null) return this.#lostError(cause);
    const wait = this.#group.settings.closeTimeout;
    const why =
      (flags & PEER_ENDED) !== 0
        ? 'the peer ended the transport'
        : `the peer did not answer within ${wait} ms`;
    return new ConnectionError(
      'ERR_CONNECTION_LOST',
      CloseStatus.Aborted,
      `${why} after a close frame was sent`,
    );
  }

  // ---- Receiving ----

  #receive(chunk: Uint8Array): void {
    this.#bytesReceived += chunk.byteLength;
    this.#silence = 0;
    if ((this.#flags & DEAF) === 0) this.#parse(chunk);
  }

  /** @param chunk - null where the codec has something. */
  #parse(chunk: Uint8Array | null): void {
    const outer = sink.connection;
    sink.connection = this;
    this.#flags |= PARSING;
    let failure: unknown;
    try {
      if (chunk !== null) this.#session.receive(chunk, sink);
      else this.#codec!.deliver(sink);
    } catch (error) {
      failure = error;
    } finally {
      this.#flags &= ~PARSING;
      sink.connection = outer;
    }
    if (failure !== undefined) this.#sessionFailed(failure);
    if (this.#session.outputLength !== 0) this.#flush();
    if ((this.#flags & HAS_CODEC) !== 0) this.#waitForCodec();
    // Where this end has sent a close frame before, there is nothing to answer.
    if ((this.#flags & (CLOSE_RECEIVED | ENDED | ANSWERING)) === CLOSE_RECEIVED) this.#afterCloseReceived();
  }

  /** What the transport has next waits until the codec has what came before. */
  #waitForCodec(): void {
    const isBusy = this.#codec!.isDecoding && (this.#flags & DEAF) === 0;
    if (isBusy === ((this.#flags & DECODING) !== 0)) return;
    if (isBusy) {
      this.#flags |= DECODING;
      this.socket.pause();
    } else {
      this.#flags &= ~DECODING;
      if ((this.#flags & (FULL | PAUSED)) === 0) this.socket.resume();
    }
  }

  #codecOwner(): CodecOwner {
    return {
      decoded: () => {
        if ((this.#flags & DEAF) !== 0) this.#codec!.stopDecoding();
        else this.#parse(null);
        if ((this.#flags & GONE) !== 0) this.#finish();
      },
      encoded: () => {
        if ((this.#flags & (PARSING | SCHEDULED)) === 0) this.#flush();
        const flags = this.#flags & (CLOSE_SENT | CLOSE_RECEIVED | FAILED | PEER_ENDED | ENDED | ANSWERING);
        if ((flags & CLOSE_SENT) !== 0 && (flags & (ENDED | ANSWERING)) === 0 && flags !== CLOSE_SENT)
          this.#afterAnswer();
      },
      encodingFailed: (cause) => {
        this.#fail(
          new ConnectionError(
            'ERR_COMPRESSION_FAILED',
            CloseStatus.ServerError,
            `a message could not be encoded: ${cause.message}`,
            cause,
          ),
        );
      },
    };
  }

  #sessionFailed(failure: unknown): void {
    // What follows a close frame, or the end that this side has made, is of no interest (RFC 6455, section 5.5.1).
    if ((this.#flags & DEAF) !== 0) return;
    if (failure instanceof DecodingError) {
      this.#fail(
        new ConnectionError(
          'ERR_INVALID_COMPRESSION',
          CloseStatus.InvalidPayload,
          `the peer sent a message that cannot be decoded: ${failure.message}`,
          failure.cause,
        ),
      );
      return;
    }
    if (!(failure instanceof ComponentError)) throw failure;
    const isText = failure.diagnostic === Diagnostic.InvalidUtf8;
    this.#fail(
      new ConnectionError(
        isText ? 'ERR_INVALID_TEXT' : 'ERR_PROTOCOL',
        isText ? CloseStatus.InvalidPayload : CloseStatus.ProtocolError,
        sentenceOf(failure),
        failure,
      ),
    );
  }

  /** @param unverified - text comes from a codec: nobody has checked it yet. */
  #data(
    type: BufferType,
    bytes: Uint8Array,
    start: number,
    end: number,
    remaining: number,
    unverified: boolean,
  ): void {
    if ((this.#flags & DEAF) !== 0) return;
    if (this.#assembly !== null || !isFinalType(type) || (this.#flags & (STREAMING | SKIPPING)) !== 0) {
      this.#part(type, bytes, start, end, remaining, unverified);
      return;
    }
    const { settings } = this.#group;
    if (end - start > settings.maxPayload) {
      this.#tooBig(end - start);
    } else if (type === BufferType.BinaryMessage) {
      this.#deliver(partOf(bytes, start, end));
    } else if ((unverified || settings.verifyText === 'always') && !isUtf8(bytes.subarray(start, end))) {
      this.#invalidText();
    } else if ((this.#flags & HAS_FACE) !== 0) {
      this.#deliverTo(this.#extras!.face!, bytes.subarray(start, end), true);
    } else {
      this.#deliver(decode(bytes, start, end));
    }
  }

  #part(
    type: BufferType,
    bytes: Uint8Array,
    start: number,
    end: number,
    remaining: number,
    unverified: boolean,
  ): void {
    const isFinal = isFinalType(type);
    if ((this.#flags & SKIPPING) !== 0) {
      if (isFinal) this.#flags &= ~SKIPPING;
      return;
    }
    const { settings } = this.#group;
    const assembly = (this.#assembly ??= new Assembly(type, unverified || settings.verifyText === 'always'));
    const { check } = assembly;
    if (check !== null && (!check.push(bytes, start, end) || (isFinal && !check.finish()))) {
      this.#invalidText();
      return;
    }
    if ((this.#flags & STREAMING) !== 0) {
      if (isFinal) {
        this.#assembly = null;
        this.#messagesReceived++;
      }
      if (end > start || isFinal)
        this.#store(new Piece(assembly.isText, bytes.subarray(start, end), isFinal));
      return;
    }
    const length = assembly.length + end - start;
    if (length + Math.max(remaining, 0) > settings.maxPayload) {
      this.#tooBig(length + Math.max(remaining, 0));
      return;
    }
    if (remaining <= 0 && ++assembly.fragments > settings.maxFragments) {
      this.#fail(
        new ConnectionError(
          'ERR_TOO_MANY_FRAGMENTS',
          CloseStatus.PolicyViolation,
          `the peer cut a message into more than ${settings.maxFragments} fragments`,
        ),
      );
      return;
    }
    assembly.add(bytes, start, end, remaining);
    if (!isFinal) return;
    this.#assembly = null;
    const whole = assembly.take();
    if ((this.#flags & HAS_FACE) !== 0) this.#deliverTo(this.#extras!.face!, whole, assembly.isText);
    else this.#deliver(assembly.isText ? decode(whole, 0, whole.byteLength) : whole);
  }

  #tooBig(length: number): void {
    const { maxPayload } = this.#group.settings;
    this.#fail(
      new ConnectionError(
        'ERR_MESSAGE_TOO_BIG',
        CloseStatus.MessageTooBig,
        `the peer sent a message of ${length} bytes or more, ${maxPayload} are allowed`,
      ),
    );
  }

  #invalidText(): void {
    this.#fail(
      new ConnectionError(
        'ERR_INVALID_TEXT',
        CloseStatus.InvalidPayload,
        'the peer sent text that is not UTF-8',
      ),
    );
  }

  /** What a face throws must not end the parsing of the chunk it came in. */
  #deliverTo(face: Face, bytes: Uint8Array, isText: boolean): void {
    this.#messagesReceived++;
    try {
      face.message(bytes, isText);
    } catch (error) {
      process.nextTick(rethrow, error);
    }
  }

  #deliver(message: string | Uint8Array): void {
    if ((this.#flags & HAS_FACE) !== 0) {
      this.#deliverTo(this.#extras!.face!, message as Uint8Array, false);
      return;
    }
    this.#messagesReceived++;
    const inbox = this.#inbox;
    if ((this.#flags & PAUSED) === 0 && (inbox === null || (inbox.isEmpty && !inbox.isWanted))) {
      if (this.#emitMessage(message)) return;
    }
    this.#store(message);
  }

  /** Whether there was a listener. What a listener throws must not end the parsing of the chunk it came in. */
  #emitMessage(message: string | Uint8Array): boolean {
    try {
      return this.emit('message', message);
    } catch (error) {
      process.nextTick(rethrow, error);
      return true;
    }
  }

  #store(item: Item): void {
    const inbox = (this.#inbox ??= new Inbox());
    const isFull = inbox.weight >= this.#group.settings.highWaterMark;
    // After `close` the transport flows to find the peer's close frame: what nobody reads is lost.
    if (isFull && (this.#flags & (CLOSE_SENT | CLOSE_WANTED)) !== 0) return;
    inbox.push(item);
    if ((this.#flags & (FULL | CLOSE_SENT)) === 0 && inbox.weight >= this.#group.settings.highWaterMark) {
      this.#flags |= FULL;
      this.socket.pause();
    }
  }

  #afterTake(): void {
    if ((this.#flags & FULL) === 0 || this.#inbox!.weight * 2 >= this.#group.settings.highWaterMark) return;
    this.#flags &= ~FULL;
    if ((this.#flags & PAUSED) === 0) this.#resumeSocket();
  }

  #resumeSocket(): void {
    this.#flags &= ~FULL;
    if (this.socket.isPaused()) this.socket.resume();
  }

  #next(signal?: AbortSignal): Promise<IteratorResult<Item, undefined>> {
    let inbox = this.#inbox;
    if (inbox === null) {
      inbox = this.#inbox = new Inbox();
      if ((this.#flags & CLOSED) !== 0) inbox.end(this.#extras!.error);
    }
    const result = inbox.next(signal);
    this.#afterTake();
    return result;
  }

  /** The messages as they come; the same as iterating over the connection. */
  messages(options?: Abortable): AsyncIterableIterator<string | Uint8Array, undefined> {
    const signal = options?.signal;
    const iterator: AsyncIterableIterator<string | Uint8Array, undefined> = {
      next: () => this.#next(signal) as Promise<IteratorResult<string | Uint8Array, undefined>>,
      return: () => Promise.resolve({ value: undefined, done: true }),
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  /**
   * The messages, in order, until the connection ends. Ends with an error where the connection failed: the peer
   * broke the protocol or a limit, or the transport ended without a close frame. Leaving the loop does not close
   * the connection; a later loop goes on.
   *
   * @throws ConnectionError
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<string | Uint8Array, undefined> {
    return this.messages();
  }

  /**
   * The messages as streams of their parts, for messages that are too large for memory: parts come as they arrive
   * (text as strings, never cut inside a character), `maxPayload` and `maxFragments` do not apply, and the
   * transport waits for the reader. What is left of a message when the next one is asked for is skipped.
   *
   * @throws ConnectionError `ERR_READER_ACTIVE`: the messages are being read by somebody else.
   */
  messageStreams(options?: Abortable): AsyncGenerator<MessageStream, void, undefined> {
    if ((this.#flags & STREAMING) !== 0 || this.#inbox?.isWanted === true) {
      throw new ConnectionError(
        'ERR_READER_ACTIVE',
        CloseStatus.Aborted,
        'the messages are already being read',
      );
    }
    this.#flags |= STREAMING;
    const assembly = this.#assembly;
    if (assembly !== null) this.#store(new Piece(assembly.isText, assembly.take(), false));
    return readMessageStreams(
      () => this.#next(options?.signal),
      () => {
        this.#flags &= ~STREAMING;
        if (this.#assembly !== null) this.#flags |= SKIPPING;
        this.#assembly = null;
        this.#inbox?.dropPieces();
        this.#afterTake();
      },
    );
  }

  /** Stops the event `message` and, when `highWaterMark` is reached, the transport, until {@link resume}. */
  pause(): void {
    this.#flags |= PAUSED;
    this.socket.pause();
  }

  /** Undoes {@link pause}. */
  resume(): void {
    this.#flags &= ~PAUSED;
    drainToListeners(this);
    if ((this.#flags & FULL) === 0) this.socket.resume();
  }

  /** The messages as a web stream. Canceling it closes the connection. */
  get readable(): ReadableStream<string | Uint8Array> {
    return (this.#more().readable ??= readableOf(this));
  }

  /** Messages to send as a web stream. Closing it closes the connection, aborting it with code 1011. */
  get writable(): WritableStream<string | Uint8Array> {
    return (this.#more().writable ??= writableOf(this));
  }

  #pong(payload: Uint8Array): void {
    if ((this.#flags & DEAF) !== 0) return;
    const extras = this.#extras;
    if (extras !== null && extras.pingSince !== 0) {
      extras.roundTrip = performance.now() - extras.pingSince;
      extras.pingSince = 0;
      extras.pinged?.resolve(extras.roundTrip);
      extras.pinged = null;
    }
    try {
      if ((this.#flags & HAS_FACE) !== 0) this.#extras!.face!.pong(payload);
      else this.emit('pong', payload);
    } catch (error) {
      process.nextTick(rethrow, error);
    }
  }

  #ping(payload: Uint8Array): void {
    if ((this.#flags & (DEAF | HAS_FACE)) !== HAS_FACE) return;
    try {
      this.#extras!.face!.ping(payload);
    } catch (error) {
      process.nextTick(rethrow, error);
    }
  }

  #closeFrame(code: number, reason: Uint8Array | null): void {
    if ((this.#flags & DEAF) !== 0) return;
    if (reason !== null && !isCloseCode(code)) {
      this.#fail(
        new ConnectionError(
          'ERR_PROTOCOL',
          CloseStatus.ProtocolError,
          `the peer sent the invalid close code ${code}`,
        ),
      );
      return;
    }
    if (reason !== null && !isUtf8(reason)) {
      this.#fail(
        new ConnectionError(
          'ERR_INVALID_TEXT',
          CloseStatus.InvalidPayload,
          'the peer sent a close reason that is not UTF-8',
        ),
      );
      return;
    }
    this.#flags |= CLOSE_RECEIVED;
    this.#assembly = null;
    const extras = this.#more();
    extras.code = code;
    extras.reason = reason === null ? '' : decode(reason, 0, reason.byteLength);
    extras.face?.closing(code, extras.reason);
    if ((this.#flags & (CLOSE_SENT | ENDED)) !== 0) return;
    this.#answerWith(reason === null ? undefined : { status: code, reason });
  }

  /** Both close frames are on their way. The server ends the transport; a client lets it (RFC 6455, section 7.1.1). */
  #afterCloseReceived(): void {
    // The answer is behind what the codec still has.
    if (this.#codec?.isEncoding === true) return;
    if ((this.#flags & IS_SERVER) !== 0) this.#end();
    else this.#startTimer();
    this.#resumeSocket();
  }

  static {
    flushAll = () => {
      const connections = dirty;
      dirty = [];
      for (const connection of connections) {
        connection.#flags &= ~SCHEDULED;
        connection.#flush();
      }
    };
    sink = {
      connection: null,
      data(type, bytes, start, end, remaining, unverified) {
        this.connection!.#data(type, bytes, start, end, remaining, unverified);
      },
      ping(payload) {
        this.connection!.#ping(payload);
      },
      pong(payload) {
        this.connection!.#pong(payload);
      },
      close(code, reason) {
        this.connection!.#closeFrame(code, reason);
      },
    };
    onData = function (chunk) {
      this[owner]!.#receive(chunk);
    };
    onEnd = function () {
      const connection = this[owner]!;
      connection.#flags |= PEER_ENDED;
      if ((connection.#flags & ANSWERING) === 0) connection.#end();
    };
    onError = function (error) {
      const connection = this[owner];
      if (connection !== undefined) connection.#more().cause = error;
    };
    onClose = function () {
      const connection = this[owner];
      if (connection !== undefined) connection.#finish();
    };
    answer = (connection) => connection.#answer();
    onCloseTimeout = (connection) => {
      connection.#extras!.timer = null;
      connection.socket.destroy();
    };
    giveUp = (connection, silence) => {
      connection.#giveUp(silence);
    };
    drainToListeners = (connection) => {
      const inbox = connection.#inbox;
      if (inbox === null || (connection.#flags & (PAUSED | STREAMING)) !== 0) return;
      while (!inbox.isEmpty && connection.listenerCount('message') !== 0) {
        connection.#emitMessage(inbox.shift() as string | Uint8Array);
        connection.#afterTake();
        if ((connection.#flags & PAUSED) !== 0) return;
      }
    };
  }
}

Object.setPrototypeOf(Connection.prototype, EventEmitter.prototype);

/** As of any emitter; messages that wait go to the first listener of `message` in the next tick. */
function on(this: Connection, event: string | symbol, listener: (...args: unknown[]) => void): Connection {
  EventEmitter.prototype.on.call(this, event, listener);
  if (event === 'message') process.nextTick(drainToListeners, this);
  return this;
}
Object.assign(Connection.prototype, { on, addListener: on });

function isParts(data: unknown): data is SendableParts {
  return (
    typeof data === 'object' && data !== null && (Symbol.asyncIterator in data || Symbol.iterator in data)
  );
}

function nothing(): void {
  // The sender has the result; the next send only waits for it.
}

function rethrow(error: unknown): never {
  throw error;
}

/** The sentence without the function's name, which says nothing to the peer. */
function sentenceOf(error: ComponentError): string {
  return error.message.slice(error.operation.length + 2, -(error.code.length + 3));
}

/** Whether a failure came with bytes of the peer, behind other bytes that may still be answered. */
function isPeersFault(error: ConnectionError): boolean {
  return error.code !== 'ERR_TOO_MUCH_BUFFERED';
}

/** As much of the sentence as fits into a close frame. */
function reasonOf(error: ConnectionError): Uint8Array {
  return Buffer.from(error.message.slice(0, MAX_CLOSE_REASON_LENGTH), 'latin1');
}
