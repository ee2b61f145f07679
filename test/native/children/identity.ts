/**
 * Handles that were deleted long ago are collected, and called by code that still has them, while other handles live.
 * Needs --expose-gc.
 */
import { bulkDriver } from '../../../lib/component/bulk.js';
import type { BulkDrivable, BulkDriver } from '../../../lib/component/bulk.js';
import { BufferType, loadNative } from '../../../lib/component/index.js';
import { openPair } from '../../support/open-pair.js';

const component = loadNative();
const collect = (globalThis as unknown as { gc: () => void }).gc;
const REUSES = 2000;

/** Makes many live handles, each of which may reuse memory of the dead one. */
async function main(): Promise<void> {
  const dead = { handle: component.createClientHandle() as unknown };
  (dead.handle as { delete: () => void }).delete();
  const { client } = openPair(component);
  const stale: BulkDriver = (client as unknown as BulkDrivable)[bulkDriver]()!;
  client.delete();

  const living = [];
  for (let index = 0; index < REUSES; index++) {
    component.createClientHandle().delete();
    if (index % 100 === 99) living.push(openPair(component));
  }
  for (let index = 0; index < 511; index++) component.createClientHandle().delete();
  for (let index = 0; index < 520; index++) living.push(openPair(component));

  let refused = '';
  try {
    stale.send(BufferType.Utf8Message, Buffer.from('to somebody else'));
  } catch (error) {
    refused = (error as { code: string }).code;
  }
  dead.handle = null;
  for (let round = 0; round < 5; round++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  let answered = 0;
  for (const pair of living) {
    const driver = (pair.client as unknown as BulkDrivable)[bulkDriver]()!;
    driver.send(BufferType.Utf8Message, Buffer.from('hello'));
    if (driver.takeOutput().length === 1) answered++;
  }
  process.stdout.write(`a stale driver: ${refused}\n${answered} of ${living.length} answer\n`);
}

void main();
