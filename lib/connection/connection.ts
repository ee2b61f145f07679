/**
 * A connection: a session on a Duplex, for clients and servers alike. This file is its public surface. The work is done
 * by functions on its state (`state.ts`, whose flags are in `flags.ts`).
 *
 * - In: `transport` takes chunks, `receiving` passes them to the session to parse, and `messages` assembles messages
 *   and passes them on. `reading` takes them out of the `inbox`. `flow` pauses the transport meanwhile.
 * - Out: `sending` keeps the order, `parts` sends messages in parts, `framing` passes data to the session, and
 *   `writing` writes the session's output, once a chunk or a tick.
 * - The end: `closing` ends a connection for any reason, `keep-alive` finds peers that have gone, and `failures` makes
 *   the error messages.
 */
import type { Http2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { inspect } from 'node:util';
import type { InspectOptions } from 'node:util';
import type { BackendName, BufferType, SessionHandle } from '../component/contract.js';
import { CloseStatus } from '../component/contract.js';
import { close, end, fail, terminate, whenClosed } from './ending/closing.js';
import { CodecSession } from './codec/codec-session.js';
import { channels, debug } from './state/diagnostics.js';
import type { Listener } from './state/emitter.js';
import type { ConnectionError } from './state/errors.js';
import { CLOSED, CLOSING, ENCRYPTED, HAS_CODEC, MULTIPLEXED, PARSING } from './state/flags.js';
import { refuseHandlers } from './state/foreign-events.js';
import { pause } from './state/flow.js';
import { copiesAtOnce, sendBytes, sendText } from './outgoing/framing.js';
import { Group, LooseGroups, next, previous, sweep } from './state/group.js';
import { PreparedMessage } from './payload/prepared.js';
import { lookAfter, ping } from './ending/keep-alive.js';
import type { Iteration } from './incoming/iteration.js';
import type { MessageStream } from './incoming/message-stream.js';
import { rejecting } from './state/deferred.js';
import { settingsOf, signalOf } from './state/options.js';
import type { ConnectionOptions, Settings } from './state/options.js';
import { listen, readMessages, readStreams, resume } from './incoming/reading.js';
import { codecOwner } from './incoming/receiving.js';
import { sendPrepared } from './outgoing/prepared.js';
import { send, sendFrame, sendFramed, whenWritten } from './outgoing/sending.js';
import { ConnectionState } from './state/state.js';
import { subscribe, topicsOf, unsubscribe } from './state/subscriptions.js';
import { readableOf, webStreamsOf, writableOf } from './streams.js';
import { transportThrew } from './state/transport-calls.js';
import { takeOver } from './transport.js';
import type {
  Abortable,
  CloseInfo,
  ConnectionCallbacks,
  ConnectionInit,
  Counters,
  Sendable,
  WriteCallback,
} from './state/types.js';
import type { WebReadable, WebWritable } from './state/web-streams.js';
import { buffered, cork, flush, uncork } from './outgoing/writing.js';

const looseGroups = new LooseGroups<Connection>();

/** The group of connections with these settings, for a connection that belongs to no server. */
export function groupOf(settings: Settings): Group<Connection> {
  return looseGroups.groupOf(settings);
}

/**
 * A WebSocket connection. A program reads messages in one of these ways: `for await (const message of connection)`, the
 * event `message`, {@link messageStreams}, or {@link readable}. Unread messages wait; when `highWaterMark` bytes of
 * them wait, the transport is paused.
 */
export class Connection extends ConnectionState {
  declare [next]: Connection | null;
  declare [previous]: Connection | null;

  /**
   * Takes over a transport on which the opening handshake is done. If bytes came with the handshake, the caller must
   * first put them back with `socket.unshift`.
   *
   * @param socket - any Duplex of bytes, such as a net.Socket or tls.TLSSocket.
   * @param handle - a handle of the component whose handshake is done; the connection deletes it.
   * @param options - the options, or the group of connections that this connection joins.
   * @throws TypeError, RangeError: an option of the wrong type or out of range.
   */
  constructor(
    socket: Duplex,
    handle: SessionHandle,
    options: ConnectionOptions | Group<Connection> = {},
    init: ConnectionInit = {},
  ) {
    const isHandle = typeof handle === 'object' && (handle as unknown) !== null && 'receive' in handle;
    if (!isHandle) throw new TypeError('a Connection needs a transport and a handle; use connect or accept');
    const group = options instanceof Group ? options : groupOf(settingsOf(options, 30_000, 'encoded'));
    super(socket, handle, group, init);
    if (init.codec !== undefined) {
      const verifies = group.settings.verifyText !== 'never';
      this._session = new CodecSession(this._session, init.codec, codecOwner(this), verifies);
      this._flags |= HAS_CODEC;
    }
    group.add(this);
    try {
      if ((socket as Partial<TLSSocket>).encrypted === true) this._flags |= ENCRYPTED;
      if ((socket as Partial<Http2Stream>).rstCode !== undefined) this._flags |= MULTIPLEXED;
      takeOver(socket, this);
    } catch (error) {
      transportThrew(this, error);
    }
    if (debug.enabled) debug('open %s%s', this.url, this.protocol === '' ? '' : ` (${this.protocol})`);
    if (channels.open.hasSubscribers) channels.open.publish({ connection: this });
  }

  // ---- State ----

  /** 'closing' from the first close frame, sent or received, until the transport is closed. */
  get state(): 'open' | 'closing' | 'closed' {
    if ((this._flags & CLOSED) !== 0) return 'closed';
    return (this._flags & CLOSING) !== 0 ? 'closing' : 'open';
  }

  /** The backend that the handle uses; `undefined` for a handle that does not say. */
  get backend(): BackendName | undefined {
    return this._handle.backend;
  }

  /** Bytes of output that wait in this connection and in the transport. */
  get bufferedAmount(): number {
    return buffered(this);
  }

  /** The agreed extension, as in the header of the server's answer; '' for none. */
  get extensions(): string {
    return this._rare?.extensions ?? '';
  }

  /** Resolves when the connection has ended, for any reason. Never rejects. */
  get closed(): Promise<CloseInfo> {
    return whenClosed(this);
  }

  /** Counts of the messages and bytes that the connection has transferred so far. */
  get counters(): Counters {
    return {
      bytesReceived: this._bytesReceived,
      bytesSent: this._bytesSent,
      messagesReceived: this._messagesReceived,
      messagesSent: this._messagesSent,
      roundTrip: this._rare?.roundTrip,
      compressionRatio: this._codec?.ratio,
    };
  }

  /** `console.log` shows the public properties only, without the internal state. @internal */
  [inspect.custom](depth: number, options: InspectOptions): string {
    const { url, protocol, extensions, backend, state, bufferedAmount, counters } = this;
    const { name } = this.constructor;
    if (depth < 0) return `[${name}]`;
    return `${name} ${inspect({ state, url, protocol, extensions, backend, bufferedAmount, counters }, options)}`;
  }

  // ---- Sending ----

  /**
   * Sends a message. All messages sent within one tick leave in one write, in the order of the calls; over TLS and
   * HTTP/2, also those of several ticks of one turn of the event loop.
   *
   * The promise resolves as soon as there is room for more: at once while less than `highWaterMark` bytes wait,
   * otherwise when the message has been written. It need not be awaited. An ignored failure of the connection is
   * not an unhandled rejection, because {@link closed} reports it; data that cannot be sent, and a source or Blob that
   * fails, are. Data of 4096 bytes and more, as a whole or as a part, must not change until the promise has resolved.
   *
   * @param data - text (a string), binary (bytes), a Blob (binary), a message that {@link prepare} has made for many
   *   connections, or parts: an iterable, an async iterable or a stream of strings or of bytes, sent as the frames of
   *   one message. Messages sent meanwhile wait for the end of that message.
   * @throws ConnectionError (in the promise) `ERR_CLOSED`: the connection is closing or closed;
   *   `ERR_TOO_MUCH_BUFFERED`: the peer does not read; `ERR_CONNECTION_LOST`.
   * @throws TypeError (in the promise) data that cannot be sent.
   */
  send(data: Sendable, options?: Abortable): Promise<void> {
    if ((this._flags & CLOSING) === 0 && options === undefined && (this._rare?.turn ?? null) === null) {
      if (typeof data === 'string') return sendText(this, data);
      if (data instanceof Uint8Array) return sendBytes(this, data);
      if (data instanceof PreparedMessage) return sendPrepared(this, data);
    }
    return rejecting(() => send(this, data, signalOf('send', options)));
  }

  /**
   * Sends a ping and waits for the pong. While a ping is unanswered, further calls share its answer.
   *
   * @returns milliseconds from ping to pong.
   * @throws ConnectionError (in the promise) `ERR_CLOSED`, or the failure that ended the connection.
   */
  ping(options?: Abortable): Promise<number> {
    return rejecting(() => ping(this, signalOf('ping', options)));
  }

  /**
   * A web stream for sending messages. Closing it closes the connection; aborting it closes the connection with code
   * 1011.
   */
  get writable(): WebWritable<string | Uint8Array> {
    return (webStreamsOf(this).writable ??= writableOf(this));
  }

  // ---- Topics ----

  /**
   * Subscribes to a topic of the server: the connection gets the messages that `server.publish` sends to it. It lasts
   * until {@link unsubscribe}, or the end of the connection.
   *
   * @param topic - any string of 1 to 256 UTF-16 units.
   * @returns whether the connection is a subscriber now and was none before; false if it is closing or closed.
   * @throws TypeError, RangeError: the topic cannot be used, or the connection belongs to no server.
   */
  subscribe(topic: string): boolean {
    return subscribe(this, topic);
  }

  /**
   * Undoes {@link subscribe}.
   *
   * @returns whether the connection was a subscriber.
   * @throws TypeError, RangeError: the topic cannot be used, or the connection belongs to no server.
   */
  unsubscribe(topic: string): boolean {
    return unsubscribe(this, topic);
  }

  /** The topics to which the connection subscribes at this moment. */
  get topics(): ReadonlySet<string> {
    return topicsOf(this);
  }

  // ---- Reading ----

  /** The messages as they come; the same as iterating over the connection. */
  messages(options?: Abortable): Iteration<string | Uint8Array> {
    return readMessages(this, signalOf('messages', options));
  }

  /**
   * The messages, in order, until the connection ends. The iteration throws if the connection failed: the peer broke
   * the protocol or a limit, or the transport ended without a close frame. Leaving the loop does not close the
   * connection; a later loop continues with the next message.
   *
   * @throws ConnectionError
   */
  [Symbol.asyncIterator](): Iteration<string | Uint8Array> {
    return this.messages();
  }

  /**
   * The messages as streams of their parts, for messages that are too large for memory. Parts come as they arrive; text
   * comes as strings, never cut inside a character. `maxPayload` and `maxFragments` do not apply, and the transport
   * waits for the reader. When the next message is asked for, the rest of the current one is skipped.
   *
   * @throws ConnectionError `ERR_READER_ACTIVE`: another reader is reading the messages.
   */
  messageStreams(options?: Abortable): AsyncGenerator<MessageStream, void, undefined> {
    return readStreams(this, signalOf('messageStreams', options));
  }

  /** The messages as a web stream. Canceling it closes the connection. */
  get readable(): WebReadable<string | Uint8Array> {
    return (webStreamsOf(this).readable ??= readableOf(this));
  }

  /** Stops the event `message` until {@link resume}. When `highWaterMark` is reached, the transport is paused too. */
  pause(): void {
    pause(this);
  }

  /** Undoes {@link pause}. */
  resume(): void {
    resume(this);
  }

  // ---- Closing ----

  /**
   * Closes the connection. Sends a close frame, after the end of a message in parts that is being sent. Then waits for
   * the peer's close frame and for the end of the transport, at most `closeTimeout` for each.
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
    return rejecting(() => close(this, code, reason, signalOf('close', options)));
  }

  /** Ends the connection at once, without a close frame. Output that still waits is lost. */
  terminate(): void {
    terminate(this);
  }

  /** Closes the connection and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  // ---- for other APIs on a connection ----

  /**
   * Sends one frame. For APIs that control framing; all other code uses `send`.
   *
   * @param type - a buffer type of the component; pings and pongs with a payload need the portable backend.
   * @param compress - `false` sends the message without the codec; only the value of its first frame counts.
   * @param written - called when the frame has been written, or could not be.
   * @throws ComponentError, TypeError: the frame cannot be sent.
   * @internal
   */
  sendFrame(type: BufferType, bytes: Uint8Array, compress?: boolean, written?: WriteCallback): void {
    sendFrame(this, type, bytes, compress, written);
  }

  /** Writes the waiting output now, not at the end of the tick. @internal */
  flush(): void {
    if ((this._flags & PARSING) === 0) flush(this);
  }

  /** Makes the output of the following sends wait for {@link uncork} or {@link flush}. @internal */
  cork(): void {
    cork(this);
  }

  /** Undoes {@link cork} and writes the output. @internal */
  uncork(): void {
    uncork(this);
  }

  /** Whether `send` copies so many bytes before it returns, so that they may change at once. @internal */
  copiesAtOnce(length: number): boolean {
    return copiesAtOnce(this, length);
  }

  /** Sends a frame that the caller has made, behind the output that waits; see {@link sendFramed}. @internal */
  sendFramed(chunks: readonly Uint8Array[], written?: WriteCallback): void {
    sendFramed(this, chunks, written);
  }

  /** Calls back when the output framed so far has been written, or could not be. @internal */
  whenWritten(written: WriteCallback): void {
    whenWritten(this, written);
  }

  /** Ends this side without a close frame, after the output that waits. @internal */
  end(): void {
    flush(this);
    end(this);
  }

  /** The callbacks that get everything in place of listeners and readers; null without. @internal */
  get callbacks(): ConnectionCallbacks | null {
    return this._rare?.callbacks ?? null;
  }

  /** The timer that ends the wait for the peer's end, if it is running. @internal */
  get closeTimer(): NodeJS.Timeout | null {
    return this._rare?.alarm?.timer ?? null;
  }

  /** Fills in the mask keys of outgoing frames, in place of the component; portable backend only. @internal */
  set maskKeys(fill: (mask: Buffer) => void) {
    const mask = Buffer.alloc(4);
    this._session.nextMaskKey = () => {
      fill(mask);
      return mask.readInt32LE();
    };
  }

  /** Whether received pings are answered; `false` needs the portable backend. @internal */
  set autoPong(value: boolean) {
    if (this._session.autoPong !== undefined) this._session.autoPong = value;
  }

  /** The status of the close frame that broke the protocol; portable backend only. @internal */
  get offendingStatus(): number | undefined {
    return this._session.refusedStatus;
  }

  /** The first two bytes of the frame that broke the protocol; portable backend only. @internal */
  get offendingHeader(): number | undefined {
    return this._session.frameHeader;
  }

  // ---- For the rooms below ----

  /** @internal */
  override _fail(error: ConnectionError): void {
    fail(this, error);
  }

  /** One check by the group, for the keep-alive. @hidden */
  override [sweep](period: number): void {
    lookAfter(this, period);
  }
}

/** `on` of an emitter. An emitter's `once` and `prependOnceListener` call this function. */
function on(this: Connection, event: string | symbol, listener: Listener): Connection {
  listen(this, event, listener, false);
  return this;
}

function prependListener(this: Connection, event: string | symbol, listener: Listener): Connection {
  listen(this, event, listener, true);
  return this;
}
Object.assign(Connection.prototype, { on, addListener: on, prependListener });
refuseHandlers(Connection.prototype);
