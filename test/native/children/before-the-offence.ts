/** Receives a message, a ping, a message, and a message that is not UTF-8, in one chunk. Prints the result. */
import { bulkDriver } from '../../../lib/component/bulk.js';
import type { BulkDrivable } from '../../../lib/component/bulk.js';
import { ComponentError, loadNative } from '../../../lib/component/index.js';
import { openSession } from '../../../lib/session/index.js';
import { openPair } from '../../support/open-pair.js';

function frame(first: number, payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([first, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}

for (const driver of ['auto', 'action-loop'] as const) {
  const { server } = openPair(loadNative());
  if (!((bulkDriver as symbol) in (server as unknown as BulkDrivable))) throw new Error('there is a driver');
  const session = openSession(server, { driver });
  const seen: string[] = [];
  const sink = {
    data: (_type: number, bytes: Uint8Array, start: number, end: number) =>
      void seen.push(Buffer.from(bytes.subarray(start, end)).toString()),
    pong: () => void seen.push('pong'),
    close: () => void seen.push('close'),
  };
  const chunk = Buffer.concat([
    frame(0x81, Buffer.from('one')),
    frame(0x89, Buffer.from('pp')),
    frame(0x81, Buffer.from('two')),
    frame(0x81, Buffer.from([0xff, 0xfe])),
  ]);
  for (const bytes of [chunk, Buffer.from(frame(0x81, Buffer.from('after')))]) {
    try {
      session.receive(bytes, sink);
      seen.push('accepted');
    } catch (error) {
      seen.push(error instanceof ComponentError ? error.code : String(error));
    }
  }
  for (const output of session.takeOutput()) seen.push(Buffer.from(output).toString('hex'));
  process.stdout.write(`${driver}: ${seen.join(' ')}\n`);
}
