import { Action, ActionQueue, BufferType } from '../../lib/component/contract.js';
import type { SessionHandle } from '../../lib/component/contract.js';
import { ComponentError } from '../../lib/component/errors.js';
import { isMessage } from './open-pair.js';

/** Everything that a handle received and wrote. How messages were cut into fragments makes no difference. */
export interface Transcript {
  /** Whole messages, pongs and closes, in order. */
  readonly events: string[];
  /** Payload bytes of the unfinished message. */
  readonly unfinished: Buffer;
  /** Code and diagnostic of the peer's violation. */
  readonly offence: string | undefined;
  /** Output that the handle wrote by itself. */
  readonly output: Buffer;
}

export interface FeedOptions {
  /** Sizes of the buffers for `receive`, used in turn; 0 for no buffer. */
  readonly capacities?: readonly number[];
  readonly maxBuffers?: number;
  readonly queue?: ActionQueue.Receive | ActionQueue.All;
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Feeds the chunks through the action queues, one `receive` at a time. */
export function feed(
  handle: SessionHandle,
  chunks: Iterable<Uint8Array>,
  { capacities = [0], maxBuffers = 2, queue = ActionQueue.Receive }: FeedOptions = {},
): Transcript {
  const events: string[] = [];
  const output: Uint8Array[] = [];
  let parts: Uint8Array[] = [];
  let offence: string | undefined;
  let receives = 0;
  const input = chunks[Symbol.iterator]();
  let unread: Uint8Array = new Uint8Array(0);
  let isClosed = false;

  const result = (): Transcript => ({
    events,
    unfinished: Buffer.concat(parts),
    offence,
    output: Buffer.concat(output),
  });

  while (!isClosed) {
    const capacity = capacities[receives++ % capacities.length]!;
    handle.receive(capacity === 0 ? undefined : new Uint8Array(capacity));
    for (;;) {
      let next;
      try {
        next = handle.getAction(queue, maxBuffers);
      } catch (error) {
        if (!(error instanceof ComponentError)) throw error;
        offence = `${error.code} ${error.diagnostic}`;
        return result();
      }
      const { action, buffers, bufferType, close, actionContext } = next;
      let bytes = 0;
      if (action === Action.ReceiveFromNetwork) {
        while (unread.byteLength === 0) {
          const chunk = input.next();
          if (chunk.done === true) return result();
          unread = chunk.value;
        }
        const [window] = buffers;
        bytes = Math.min(window!.byteLength, unread.byteLength);
        window!.set(unread.subarray(0, bytes));
        unread = unread.subarray(bytes);
      } else if (action === Action.SendToNetwork) {
        for (const buffer of buffers) {
          output.push(Uint8Array.from(buffer));
          bytes += buffer.byteLength;
        }
      } else if (action === Action.NoAction) {
        throw new Error('NoAction while a receive is queued');
      }
      handle.completeAction(actionContext, bytes);
      if (action !== Action.IndicateReceiveComplete) continue;
      if (close !== undefined) {
        events.push(`close ${close.status} ${close.reason === null ? 'null' : hexOf(close.reason)}`);
        isClosed = true;
      } else if (bufferType === BufferType.PingPong) {
        events.push(`pong ${hexOf(buffers[0]!)}`);
      } else {
        if (capacity !== 0 && buffers[0]!.byteLength > capacity)
          throw new Error('more than the buffer holds');
        parts.push(buffers[0]!);
        if (isMessage(bufferType)) {
          events.push(`${BufferType[bufferType]} ${Buffer.concat(parts).toString('hex')}`);
          parts = [];
        }
      }
      break;
    }
  }
  return result();
}

/** Cuts bytes into pieces of these lengths, used in turn. */
export function* cut(bytes: Uint8Array, lengths: readonly number[]): Generator<Uint8Array> {
  let at = 0;
  for (let index = 0; at < bytes.byteLength; index++) {
    const end = at + lengths[index % lengths.length]!;
    yield bytes.subarray(at, end);
    at = end;
  }
}
