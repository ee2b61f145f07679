/**
 * A connection as web streams. Both streams end with the connection, even if nobody is reading or writing at that
 * moment.
 */
import type { ReadableStreamDefaultController } from 'node:stream/web';
import { CloseStatus } from '../component/contract.js';
import * as onDemand from '../component/on-demand.js';
import { closeInfoOf, whenClosed } from './ending/closing.js';
import { readMessages } from './incoming/reading.js';
import { closedError } from './state/failures.js';
import { CLOSE_WANTED, CLOSED, FAILED } from './state/flags.js';
import type { ConnectionState, WebStreams } from './state/state.js';
import type { CloseInfo, Sendable } from './state/types.js';
import type { WebReadable, WebWritable } from './state/web-streams.js';

/** The connection behind the streams, as its public surface. */
interface Streamed extends ConnectionState {
  send(data: Sendable): Promise<void>;
}

type Message = string | Uint8Array;

/** The web streams made so far. */
export function webStreamsOf(connection: ConnectionState): WebStreams {
  return (connection._ensureRare().webStreams ??= { readable: null, writable: null });
}

/** The readable stream. It reads a message from the connection when the stream's reader asks for one. */
export function readableOf(connection: Streamed): WebReadable<Message> {
  const messages = readMessages(connection, undefined, () => stream.locked);
  let isOver = false;
  /** Ends the stream when the connection has ended and nothing is left to read. */
  const endIfOver = (controller: ReadableStreamDefaultController<Message>, { error }: CloseInfo): void => {
    if (isOver || connection._inbox?.isEmpty === false) return;
    isOver = true;
    if (error === undefined || (connection._flags & (CLOSE_WANTED | FAILED)) === CLOSE_WANTED)
      controller.close();
    else controller.error(error);
  };
  const stream: WebReadable<Message> = new (onDemand.webStreams().ReadableStream)<Message>(
    {
      start(controller) {
        void whenClosed(connection).then((info) => endIfOver(controller, info));
      },
      async pull(controller) {
        let result: IteratorResult<Message, undefined>;
        try {
          result = await messages.next();
        } catch (error) {
          isOver = true;
          // A program that asks again after the other reader has gone gets a new stream.
          const streams = webStreamsOf(connection);
          if ((connection._flags & CLOSED) === 0 && streams.readable === stream) streams.readable = null;
          throw error;
        }
        if (isOver) return;
        if (result.done === true) {
          isOver = true;
          controller.close();
          return;
        }
        controller.enqueue(result.value);
        if ((connection._flags & CLOSED) !== 0) endIfOver(controller, closeInfoOf(connection));
      },
      async cancel() {
        isOver = true;
        await messages.return!();
        await connection.close();
      },
    },
    // The connection has the queue, so the stream needs none.
    { highWaterMark: 0 },
  );
  return stream;
}

/** Each chunk is a message. */
export function writableOf(connection: Streamed): WebWritable<Message> {
  let isOver = false;
  return new (onDemand.webStreams().WritableStream)<Message>({
    start(controller) {
      void whenClosed(connection).then(() => {
        if (!isOver) controller.error(closedError(connection));
      });
    },
    write: (message) => connection.send(message),
    async close() {
      isOver = true;
      await connection.close();
    },
    async abort() {
      isOver = true;
      await connection.close(CloseStatus.ServerError);
    },
  });
}
