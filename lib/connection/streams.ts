/** A connection as web streams. */
import { ReadableStream, WritableStream } from 'node:stream/web';
import { CloseStatus } from '../component/contract.js';
import type { ConnectionState } from './state/state.js';
import type { Sendable } from './state/types.js';

/** The connection behind the streams, as its public surface. */
interface Streamed extends ConnectionState {
  messages(): AsyncIterableIterator<string | Uint8Array, undefined>;
  send(data: Sendable): Promise<void>;
}

/** Messages, read from the connection as the stream's reader asks. */
export function readableOf(connection: Streamed): ReadableStream<string | Uint8Array> {
  const messages = connection.messages();
  return new ReadableStream<string | Uint8Array>(
    {
      async pull(controller) {
        const result = await messages.next();
        if (result.done === true) controller.close();
        else controller.enqueue(result.value);
      },
      async cancel() {
        await connection.close();
      },
    },
    // The connection has the queue.
    { highWaterMark: 0 },
  );
}

/** Each chunk is a message. */
export function writableOf(connection: Streamed): WritableStream<string | Uint8Array> {
  return new WritableStream<string | Uint8Array>({
    write: (message) => connection.send(message),
    async close() {
      await connection.close();
    },
    async abort() {
      await connection.close(CloseStatus.ServerError);
    },
  });
}
