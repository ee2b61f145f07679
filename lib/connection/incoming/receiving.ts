/**
 * Passes the transport's bytes straight to the session, which reports their content to a sink. All connections share
 * one sink. A call of the sink is for the connection whose chunk is being parsed.
 */
import { isUtf8 } from 'node:buffer';
import type { IndicationSink } from '../../component/bulk.js';
import { ComponentError } from '../../component/errors.js';
import { isCloseCode } from '../state/close-code.js';
import { afterAnswer, afterCloseReceived, answerLater, fail, finish } from '../ending/closing.js';
import { DecodingError, DetachedError } from '../codec/codec-session.js';
import type { CodecOwner } from '../codec/codec-session.js';
import { debug } from '../state/diagnostics.js';
import { rethrowLater } from '../state/emitter.js';
import {
  cannotDecode,
  cannotEncode,
  invalidCloseCode,
  invalidText,
  memoryDetached,
  unforeseen,
  violation,
} from '../state/failures.js';
import {
  ANSWERING,
  CLOSE_RECEIVED,
  CLOSE_SENT,
  CORKED,
  DEAF,
  ENDED,
  FAILED,
  GONE,
  HAS_CODEC,
  HAS_CALLBACKS,
  PARSING,
  PEER_ENDED,
  SCHEDULED,
} from '../state/flags.js';
import { waitForCodec } from '../state/flow.js';
import { settlePing } from '../ending/keep-alive.js';
import { judgeAnnounced, takeData } from './messages.js';
import type { ConnectionState } from '../state/state.js';
import { decode } from '../payload/text.js';
import { dropFlushed, flush, flushParsed, tellWritten } from '../outgoing/writing.js';
import type { WriteCallback } from '../state/types.js';

const sink: IndicationSink & { connection: ConnectionState | null } = {
  connection: null,
  data(type, bytes, start, end, remaining, unverified, ascii) {
    takeData(this.connection!, type, bytes, start, end, remaining, unverified, ascii);
  },
  ping(payload) {
    takePing(this.connection!, payload);
  },
  pong(payload) {
    takePong(this.connection!, payload);
  },
  close(code, reason) {
    takeClose(this.connection!, code, reason);
  },
};

/** Receives a chunk of the transport. */
export function receive(connection: ConnectionState, chunk: Uint8Array): void {
  connection._bytesReceived += chunk.byteLength;
  connection._silence = 0;
  if ((connection._flags & DEAF) === 0) parse(connection, chunk);
}

/** @param chunk - null when the codec has decoded something. */
function parse(connection: ConnectionState, chunk: Uint8Array | null): void {
  const outer = sink.connection;
  sink.connection = connection;
  connection._flags |= PARSING;
  let failure: unknown;
  try {
    if (chunk !== null) connection._session.receive(chunk, sink);
    else connection._codec!.deliver(sink);
  } catch (error) {
    failure = error;
  } finally {
    connection._flags &= ~PARSING;
    sink.connection = outer;
  }
  const announced = connection._session.announced ?? 0;
  if (failure !== undefined) sessionFailed(connection, failure, chunk);
  else if (announced !== 0) judgeAnnounced(connection, announced);
  if (connection._session.outputLength !== 0) flushParsed(connection);
  if ((connection._flags & HAS_CODEC) !== 0) waitForCodec(connection);
  // If this end has already sent a close frame, the peer's close frame needs no answer.
  if ((connection._flags & (CLOSE_RECEIVED | ENDED | ANSWERING)) === CLOSE_RECEIVED)
    afterCloseReceived(connection);
}

function sessionFailed(connection: ConnectionState, failure: unknown, chunk: Uint8Array | null): void {
  // Bytes after a close frame, or after this end has ended the connection, are ignored (RFC 6455, section 5.5.1).
  if ((connection._flags & DEAF) !== 0) return;
  if (failure instanceof DecodingError) fail(connection, cannotDecode(failure));
  else if (failure instanceof ComponentError && isViolation(failure)) fail(connection, violation(failure));
  else if (failure instanceof DetachedError || chunk?.byteLength === 0) fail(connection, memoryDetached());
  else fail(connection, unforeseen('reading', failure));
}

/** Whether the peer broke the protocol. Other codes tell of this machine: a lack of memory, an unknown answer. */
function isViolation({ code }: ComponentError): boolean {
  return code === 'E_INVALID_PROTOCOL_FORMAT' || code === 'E_INVALID_PROTOCOL_OPERATION';
}

function takePing(connection: ConnectionState, payload: Uint8Array): void {
  if ((connection._flags & (DEAF | HAS_CALLBACKS)) !== HAS_CALLBACKS) return;
  try {
    connection._rare!.callbacks!.ping(payload);
  } catch (error) {
    rethrowLater(error);
  }
}

function takePong(connection: ConnectionState, payload: Uint8Array): void {
  if ((connection._flags & DEAF) !== 0) return;
  settlePing(connection);
  try {
    if ((connection._flags & HAS_CALLBACKS) !== 0) connection._rare!.callbacks!.pong(payload);
    else connection.emit('pong', payload);
  } catch (error) {
    rethrowLater(error);
  }
}

function takeClose(connection: ConnectionState, code: number, reason: Uint8Array | null): void {
  if ((connection._flags & DEAF) !== 0) return;
  if (reason !== null && !isCloseCode(code)) {
    fail(connection, invalidCloseCode(code));
    return;
  }
  const { verifyText } = connection._group.settings;
  if (reason !== null && verifyText !== 'never' && !isUtf8(reason)) {
    fail(connection, invalidText('a close reason'));
    return;
  }
  connection._flags |= CLOSE_RECEIVED;
  connection._assembly = null;
  const rare = connection._ensureRare();
  rare.code = code;
  rare.reason = reason === null ? '' : decode(reason, 0, reason.byteLength);
  try {
    rare.callbacks?.closing(code, reason);
  } catch (error) {
    rethrowLater(error);
  }
  if ((connection._flags & (CLOSE_SENT | ENDED)) !== 0) return;
  answerLater(connection, reason === null ? undefined : { status: code, reason });
}

/** The callbacks of an asynchronous codec. */
export function codecOwner(connection: ConnectionState): CodecOwner {
  return {
    decoded: () => {
      if ((connection._flags & DEAF) !== 0) connection._codec!.stopDecoding();
      else parse(connection, null);
      if ((connection._flags & GONE) !== 0) finish(connection);
    },
    encoded: () => {
      if ((connection._flags & (PARSING | SCHEDULED | CORKED)) === 0) flush(connection);
      const flags =
        connection._flags & (CLOSE_SENT | CLOSE_RECEIVED | FAILED | PEER_ENDED | ENDED | ANSWERING);
      if ((flags & CLOSE_SENT) !== 0 && (flags & (ENDED | ANSWERING)) === 0 && flags !== CLOSE_SENT)
        afterAnswer(connection);
    },
    failedAtEnd: (error) => debug('a codec failed at its end: %s', error),
    encodingFailed: (cause) => {
      const error = cannotEncode(cause);
      dropFlushed(connection, error);
      // What waits behind it is dropped: the close frame does not wait for a codec that has failed.
      const rare = connection._ensureRare();
      const { written } = rare;
      rare.written = null;
      connection._codec?.abandon();
      const dropped = rare.written as WriteCallback[] | null;
      rare.written = written;
      fail(connection, error);
      for (const callback of dropped ?? []) tellWritten(callback, error);
    },
  };
}
