/**
 * The state of a connection, all of it, in one object: what sends, receives and closes are functions on it, and
 * `Connection` is their public face.
 *
 * The life of a connection: open; closing, from the first close frame in either direction, or a failure; closed,
 * when the socket is. Whatever ends it, the order is: close frame (if one can be sent), end of the output, the
 * peer's end, `closed`. A timer runs only while closing.
 *
 * An idle connection owns no buffer, no timer, no closure and no promise: what is rarely needed is in
 * {@link RareState}, made when first needed, and the listeners of the socket are the same functions for all.
 */
import type { Duplex } from 'node:stream';
import type { ReadableStream, WritableStream } from 'node:stream/web';
import type { BulkDriver } from '../../component/bulk.js';
import { CloseStatus } from '../../component/contract.js';
import type { CloseBuffer, SessionHandle } from '../../component/contract.js';
import { openSession } from '../../session/index.js';
import type { Assembly } from '../payload/assembly.js';
import type { CodecSession } from '../codec/codec-session.js';
import type { Deferred } from './deferred.js';
import { LazyEmitter } from './emitter.js';
import type { ConnectionError } from './errors.js';
import { ANSWERING, BY_PEER, CLOSING, HAS_CODEC, HAS_FACE, IS_SERVER } from './flags.js';
import { next, previous, sweep } from './group.js';
import type { Group, Member } from './group.js';
import type { Inbox } from '../payload/inbox.js';
import type { CloseInfo, ConnectionInit, Face, WriteCallback } from './types.js';

/** What the transport had done at one look, as far as it tells. Each number only grows while the peer takes bytes. */
export interface OutputMark {
  /** Bytes of the writes that are done. */
  readonly done: number;
  /** Bytes that the system has not taken yet of the write that is under way; this one shrinks. */
  readonly queued: number;
  /** HTTP/2: bytes that the session below has exchanged. */
  readonly carried: number;
  /** When output began to wait, in milliseconds. */
  readonly since: number;
}

/** What is known of output that the transport cannot take at once. */
export class Backlog {
  /** How far the output was when the group last looked; null where nothing waited. */
  mark: OutputMark | null = null;
  /** Bytes of the message that is larger than `maxBufferedBytes` allows and was sent while nothing waited. */
  largeMessage = 0;
  /** `_bytesSent` of the connection when that message has been written; Infinity until it is handed over. */
  largeMessageEnd = 0;
}

export interface WebStreams {
  readable: ReadableStream<string | Uint8Array> | null;
  writable: WritableStream<string | Uint8Array> | null;
}

/** What few connections need at a time. */
export class RareState {
  extensions = '';
  face: Face | null = null;
  /** To be called when what is in the output now has been written. */
  written: WriteCallback[] | null = null;
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
  /** Of output that is behind; made when it first is. */
  backlog: Backlog | null = null;
  /** The connection as web streams; made for the first of them. */
  webStreams: WebStreams | null = null;
}

/**
 * What is below `Connection`. Programs put fields of their own on their connections, so what is not for them has names
 * that nobody takes by accident, and no place in the declarations.
 */
export abstract class ConnectionState extends LazyEmitter implements Member<ConnectionState> {
  /** The subprotocol that was agreed on; '' for none. */
  readonly protocol: string;
  /** Server: the target of the request, such as `/chat?room=1`. Client: the URL. */
  readonly url: string;
  /** The transport, for its addresses and the like; its bytes belong to the connection. */
  readonly socket: Duplex;
  /** @internal */
  readonly _handle: SessionHandle;
  /** @internal */
  readonly _group: Group<ConnectionState>;
  /** @internal */
  _session: BulkDriver;
  /** A set of `flags.ts`. @internal */
  _flags: number;
  /** Sweeps of the group since something arrived. @internal */
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
    if (init.face !== undefined) {
      this._ensureRare().face = init.face;
      this._flags |= HAS_FACE;
    }
  }

  /** @internal */
  _ensureRare(): RareState {
    return (this._rare ??= new RareState());
  }

  /** The session, where a codec is between. @internal */
  get _codec(): CodecSession | null {
    // The flag is the test; an instanceof would cost every send.
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment
    return (this._flags & HAS_CODEC) === 0 ? null : (this._session as CodecSession);
  }

  /** Bytes of messages that wait for the codec. @internal */
  get _waitingBytes(): number {
    return this._codec?.waitingBytes ?? 0;
  }

  /** Whether nothing may be sent any more; `except` are states that do not count. @internal */
  _isShut(except: number): boolean {
    const flags = this._flags & ~except;
    return (flags & ((flags & ANSWERING) === 0 ? CLOSING : CLOSING & ~BY_PEER)) !== 0;
  }

  /** Starts the closing handshake; see `Connection.close`. */
  abstract close(code?: number, reason?: string | Uint8Array): Promise<CloseInfo>;

  /** The peer, or this end's limits, or the transport made it impossible to go on. @internal */
  abstract _fail(error: ConnectionError): void;

  /** One look of the group at its connections; see {@link Group}. */
  abstract [sweep](period: number): void;
}
