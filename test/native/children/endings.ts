/**
 * Ends Workers, and then the process, while the addon is at work: by terminate at any moment, by process.exit and by an error
 * inside of a sink, and with handles, actions and operations left over. Each Worker loads the addon twice.
 */
import { isMainThread, Worker, workerData } from 'node:worker_threads';

import { loadAddon } from '../../../lib/component/native/addon.js';
import { ActionQueue, BufferType, component } from '../../../lib/component/index.js';
import { openSession } from '../../../lib/session/index.js';
import { openPair } from '../../support/open-pair.js';

/** A message, a ping, an unsolicited pong, and a message, with a mask of zeros. */
const FRAMES = Buffer.from('81810000000061898000000000' + '8a800000000082810000000062', 'hex');
const WAYS = ['terminate', 'exit', 'throw', 'left over', 'exit handler', 'rejection'] as const;
type Way = (typeof WAYS)[number];

const kept: unknown[] = [];

/** Receives and sends; `inside` runs in a call of the sink. */
function exchange(inside: () => void): void {
  const { client, server } = openPair(component);
  const session = openSession(server);
  const sink = { data: inside, pong: inside, close: () => {} };
  session.send(BufferType.BinaryMessage, new Uint8Array(20_000));
  // A copy: the session writes into the chunk.
  session.receive(Buffer.from(FRAMES), sink);
  session.takeOutput();
  client.send(BufferType.BinaryMessage, new Uint8Array(20_000));
  client.receive(new Uint8Array(100));
  kept.push(client, server, client.getAction(ActionQueue.Send), client.getAction(ActionQueue.Receive));
}

/** A second instance of the addon in this environment has handles of its own. */
function loadAgain(): void {
  const addon = loadAddon();
  if (typeof addon === 'string') throw new Error(addon);
  const words = new Uint32Array(16384);
  const owner = {};
  if (addon.create(owner, false, words) !== 0) throw new Error('no handle is made');
  const number = words[0]! + words[1]! * 2 ** 32;
  if (addon.receive(number, 100, 1) === 0) throw new Error('a handshake is needed first');
  kept.push(addon, owner);
}

function inWorker(way: Way): void {
  loadAgain();
  for (let round = 0; round < 5; round++) exchange(() => {});
  if (way === 'exit') exchange(() => process.exit(0));
  else if (way === 'throw')
    exchange(() => {
      throw new Error('thrown');
    });
  else if (way === 'exit handler') process.on('exit', () => exchange(() => {}));
  else if (way === 'rejection') void Promise.reject(new Error('thrown'));
  else if (way === 'terminate') for (;;) exchange(() => {});
}

async function run(way: Way, delay: number): Promise<void> {
  const worker = new Worker(__filename, { workerData: way });
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  worker.on('error', (error: Error) => {
    if (error.message !== 'thrown') throw error;
  });
  await new Promise((resolve) => worker.once('online', resolve));
  if (way === 'terminate') {
    await new Promise((resolve) => setTimeout(resolve, delay));
    await worker.terminate();
  }
  await ended;
}

async function main(): Promise<void> {
  loadAgain();
  const rounds = Number(process.argv[2] ?? 4);
  for (let round = 0; round < rounds; round++) {
    // A Worker needs about 50 ms to load; after that it is in the midst of calls.
    await Promise.all(WAYS.map((way) => run(way, 40 + round * 37)));
  }
  process.stdout.write(`${rounds * WAYS.length} Workers ended\n`);
  exchange(() => process.exit(0));
}

if (isMainThread) void main();
else inWorker(workerData as Way);
