/** Two Workers exchange messages at once, one of them is ended meanwhile, and handles cannot be transferred. */
import { isMainThread, parentPort, Worker } from 'node:worker_threads';

import { ActionQueue, BufferType, component } from '../../../lib/component/index.js';
import { bytesOf, indicationOf, openPair } from '../../support/open-pair.js';

function exchange(): void {
  const { client, server } = openPair(component);
  client.send(BufferType.Utf8Message, Buffer.from('a message'));
  server.receive();
  const { buffers } = indicationOf(server, bytesOf(client));
  if (Buffer.concat(buffers).toString() !== 'a message') throw new Error('another message');
}

async function main(): Promise<void> {
  const workers = [new Worker(__filename), new Worker(__filename)];
  await Promise.all(
    workers.map(
      (worker) => new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject)),
    ),
  );
  for (let round = 0; round < 200; round++) exchange();
  const { client } = openPair(component);
  client.receive();
  const { actionContext } = client.getAction(ActionQueue.Receive);
  for (const value of [client, actionContext]) {
    // If anything arrives on the other side, it is a plain object.
    try {
      workers[0]!.postMessage(value);
    } catch (error) {
      if ((error as Error).name !== 'DataCloneError') throw error;
    }
  }
  await Promise.all(workers.map((worker) => worker.terminate()));
  exchange();
  process.stdout.write(`${component.backend} workers done\n`);
}

if (isMainThread) {
  void main();
} else {
  parentPort!.on('message', (value: { delete?: unknown }) => {
    if (typeof value.delete === 'function') throw new Error('a handle came over');
  });
  exchange();
  parentPort!.postMessage('ready');
  const again = (): void => {
    for (let round = 0; round < 20; round++) exchange();
    setImmediate(again);
  };
  again();
}
