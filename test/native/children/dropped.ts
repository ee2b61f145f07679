/** Makes handles in every state and drops them. Prints the growth of memory in the second half. Needs --expose-gc. */
import { ActionQueue, BufferType, component } from '../../../lib/component/index.js';

const TOTAL = Number(process.argv[2] ?? 100_000);
const collect = (globalThis as unknown as { gc: () => void }).gc;

function makeOne(index: number): void {
  const client = component.createClientHandle();
  if (index % 4 === 0) return;
  const requestHeaders = [...client.beginClientHandshake(), { name: 'Host', value: 'localhost' }];
  if (index % 4 === 1) return;
  const server = component.createServerHandle({ allocatedBufferSize: 8192 });
  client.endClientHandshake(server.beginServerHandshake({ requestHeaders }));
  client.send(BufferType.BinaryMessage, new Uint8Array(2000));
  client.getAction(ActionQueue.Send);
  server.receive();
  server.getAction(ActionQueue.Receive);
  if (index % 4 === 2) client.delete();
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function makeAll(count: number): Promise<number> {
  for (let index = 0; index < count; index++) {
    makeOne(index);
    if (index % 500 === 0) {
      collect();
      await turn();
    }
  }
  for (let round = 0; round < 3; round++) {
    collect();
    await turn();
  }
  return process.memoryUsage().rss;
}

async function main(): Promise<void> {
  await makeAll(TOTAL / 10);
  const before = await makeAll(TOTAL / 2);
  const after = await makeAll(TOTAL / 2);
  process.stdout.write(`${component.backend} grew by ${after - before} bytes\n`);
}

void main();
