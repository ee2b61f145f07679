/** Reads the body of an answer that refuses, within limits of time and bytes. */
import type { Readable } from 'node:stream';
import { Alarm, debug } from '../connection/index.js';

const MOST_BYTES = 65536;
/**
 * Milliseconds without a byte after which reading stops: a server may keep an answer open for ever. A body that waits
 * for the acknowledgement of its head comes within 40.
 */
const LONGEST_SILENCE = 50;
/** Milliseconds for the whole body. */
const LONGEST = 250;

/** Reads the body and destroys the stream. */
export function bodyOf(stream: Readable): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    let silence: Alarm | undefined;
    const finish = (): void => {
      whole.stop();
      silence?.stop();
      stream.off('data', onData);
      stream.off('end', finish);
      stream.off('close', finish);
      stream.destroy();
      resolve(Buffer.concat(chunks).subarray(0, MOST_BYTES));
    };
    const onData = (chunk: Buffer): void => {
      chunks.push(chunk);
      length += chunk.byteLength;
      if (length >= MOST_BYTES) finish();
      else waitForMore();
    };
    const waitForMore = (): void => {
      silence?.stop();
      silence = Alarm.after(LONGEST_SILENCE, finish, undefined);
    };
    const whole = Alarm.after(LONGEST, finish, undefined);
    waitForMore();
    // The status matters more than the body: a body that was cut off is returned as far as it came.
    stream.on('error', (error) => {
      debug('the body of the answer was cut off: %s', error);
      finish();
    });
    stream.on('data', onData);
    stream.on('end', finish);
    stream.on('close', finish);
  });
}
