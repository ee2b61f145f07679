/**
 * The whole state of a connection, in one object. Functions on this object send, receive and close. `Connection` is the
 * public surface.
 *
 * A connection is first open. It is closing from the first close frame in either direction, or from a failure. It is
 * closed when the socket is closed. Every ending has the same order: the close frame (if one can be sent), the end of
 * the output, the peer's end, `closed`. A timer runs only while closing.
 *
 * An idle connection owns no buffer, no timer, no closure and no promise. Rarely needed fields are in {@link
 * RareState}, which is made when first needed. All sockets share the same listener functions.
 */
import type { Duplex } from 'node:stream';
import type { BulkDriver } from '../../component/bulk.js';
import { CloseStatus } from '../../component/contract.js';
import type { CloseBuffer, SessionHandle } from '../../component/contract.js';
import { openSession } from '../../session/index.js';
import type { Assembly } from '../payload/assembly.js';
import type { CodecSession } from '../codec/codec-session.js';
import type { Alarm } from './alarm.js';
import type { Deferred } from './deferred.js';
import { LazyEmitter } from './emitter.js';
import type { ConnectionError } from './errors.js';
import { ANSWERING, BY_PEER, CLOSING, HAS_CODEC, HAS_CALLBACKS, IS_SERVER } from './flags.js';
import { next, previous, sweep } from './group.js';
import type { Group, Member } from './group.js';
import type { Inbox } from '../payload/inbox.js';
import type { CloseInfo, ConnectionInit, ConnectionCallbacks, WriteCallback } from './types.js';
import type { WebReadable, WebWritable } from './web-streams.js';

/**
 * The transport's progress at one check, as far as it shows it. While the peer takes bytes, `done` and `carried` only
 * grow.
 */
export interface OutputMark {
  /** Bytes of the finished writes. */
  readonly done: number;
  /** Bytes of the current write that the system has not taken yet. This number shrinks. */
  readonly queued: number;
  /** HTTP/2: bytes that the session below the stream has exchanged. */
  readonly carried: number;
  /** When output began to wait, in milliseconds. */
  readonly since: number;
}

/** Information about output that the transport cannot take at once. */
export class Backlog {
  /** The output's progress at the group's last check; null if nothing waited. */
  mark: OutputMark | null = null;
  /** Bytes of a message that is larger than `maxBufferedBytes` and was sent while nothing waited. */
  largeMessage = 0;
  /** The value of `_bytesSent` when that message has been written; Infinity until it is handed to the transport. */
  largeMessageEnd = 0;
}

export interface WebStreams {
  readable: WebReadable<string | Uint8Array> | null;
  writable: WebWritable<string | Uint8Array> | null;
}

/** State that a connection needs only at times, so most connections do not have it. */
export class RareState {
  extensions = '';
  callbacks: ConnectionCallbacks | null = null;
  /** Callbacks to call when the output framed so far has been written. */
  written: WriteCallback[] | null = null;
  closeInfo: CloseInfo | null = null;
  closed: Deferred<CloseInfo> | null = null;
  code: number = CloseStatus.Aborted;
  reason = '';
  error: ConnectionError | null = null;
  /** The error that the socket reported. */
  cause: Error | null = null;
  alarm: Alarm | null = null;
  /** The close frame that the next turn sends. */
  answer: CloseBuffer | undefined = undefined;
  /** Unfinished writes that were made while the transport was behind. */
  waitingWrites = 0;
  /** Resolved when the waiting output has been written. */
  flushed: Deferred<void> | null = null;
  /** The promise of sends whose output the transport is writing. */
  writing: Promise<void> | null = null;
  /** Messages that were unread when the answer to the peer's close frame was last put off; Infinity before. */
  unread = Infinity;
  /** The last of the sends that wait for one another. */
  turn: Promise<unknown> | null = null;
  /** Ends the wait for the next part of the message in parts that is being sent. */
  interrupt: ((error: Error) => void) | null = null;
  /** The time when the unanswered ping was sent; -1 for none. A fake clock begins with 0. */
  pingSince = -1;
  pinged: Deferred<number> | null = null;
  roundTrip: number | undefined = undefined;
  /** Information about output that the transport is behind with; made when the transport is first behind. */
  backlog: Backlog | null = null;
  /** The connection as web streams; made for the first of them. */
  webStreams: WebStreams | null = null;
}

/**
 * The internal base of `Connection`. Programs put their own fields on connections. So internal fields have names that
 * no program uses by accident, and are left out of the type declarations.
 */
export abstract class ConnectionState extends LazyEmitter implements Member<ConnectionState> {
  /** The subprotocol that was agreed on; '' for none. */
  readonly protocol: string;
  /** Server: the target of the request, such as `/chat?room=1`. Client: the URL. */
  readonly url: string;
  /** The transport, for example for its addresses. Its bytes belong to the connection. */
  readonly socket: Duplex;
  /** @internal */
  readonly _handle: SessionHandle;
  /** @internal */
  readonly _group: Group<ConnectionState>;
  /** @internal */
  _session: BulkDriver;
  /** A set of flags of `flags.ts`. @internal */
  _flags: number;
  /** Number of the group's sweeps since bytes last arrived. @internal */
  _silence = 0;
  /** @internal */
  _bytesReceived = 0;
  /** @internal */
  _bytesSent = 0;
  /** @internal */
  _messagesReceived = 0;
  /** @internal */
  _messagesSent = 0;
  /** The message of which a part has arrived. @internal */
  _assembly: Assembly | null = null;
  /** @internal */
  _inbox: Inbox | null = null;
  /** @internal */
  _rare: RareState | null = null;
  [next]: ConnectionState | null = null;
  [previous]: ConnectionState | null = null;

  constructor(socket: Duplex, handle: SessionHandle, group: Group<ConnectionState>, init: ConnectionInit) {
    super();
    this.protocol = init.protocol ?? '';
    this.url = init.url ?? '';
    this.socket = socket;
    this._handle = handle;
    this._group = group;
    this._session = init.session ?? openSession(handle);
    this._flags = init.side === 'server' ? IS_SERVER : 0;
    if (init.extensions !== undefined) this._ensureRare().extensions = init.extensions;
    if (init.callbacks !== undefined) {
      this._ensureRare().callbacks = init.callbacks;
      this._flags |= HAS_CALLBACKS;
    }
  }

  /** @internal */
  _ensureRare(): RareState {
    return (this._rare ??= new RareState());
  }

  /** The session, if it has a codec. @internal */
  get _codec(): CodecSession | null {
    // The flag is enough; an instanceof would cost time on every send.
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment
    return (this._flags & HAS_CODEC) === 0 ? null : (this._session as CodecSession);
  }

  /** Bytes of messages that wait for the codec. @internal */
  get _waitingBytes(): number {
    return this._codec?.waitingBytes ?? 0;
  }

  /** Whether nothing may be sent any more. The flags in `except` do not count. @internal */
  _isShut(except: number): boolean {
    const flags = this._flags & ~except;
    return (flags & ((flags & ANSWERING) === 0 ? CLOSING : CLOSING & ~BY_PEER)) !== 0;
  }

  /** Starts the closing handshake; see `Connection.close`. */
  abstract close(code?: number, reason?: string | Uint8Array): Promise<CloseInfo>;

  /** Fails the connection: the peer, a limit of this end, or the transport made it impossible to go on. @internal */
  abstract _fail(error: ConnectionError): void;

  /** One check of this connection by its group; see {@link Group}. */
  abstract [sweep](period: number): void;
}
