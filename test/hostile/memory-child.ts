/**
 * memory.test.ts runs this with little memory. It sends a payload that must be copied but cannot be, then a small
 * message.
 */
import { bulkDriver } from '../../lib/component/bulk.js';
import type { BulkDrivable } from '../../lib/component/bulk.js';
import { BufferType } from '../../lib/component/index.js';
import { portable } from '../../lib/component/portable/index.js';
import { openPair } from '../support/open-pair.js';

const { server } = openPair(portable);
const driver = (server as unknown as BulkDrivable)[bulkDriver]()!;
const payload = new Uint8Array(new SharedArrayBuffer(1 << 30));
let failure = 'none';
try {
  driver.send(BufferType.BinaryFragment, payload);
} catch (error) {
  failure = (error as Error).name;
}
const waiting = driver.outputLength;
driver.send(BufferType.BinaryMessage, new Uint8Array([1, 2, 3]));
const next = Buffer.concat(driver.takeOutput()).toString('hex');
process.stdout.write(JSON.stringify({ failure, waiting, next }));
