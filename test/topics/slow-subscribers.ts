/**
 * Many subscribers in a second process, a third of which do not read: what the server holds for them, what the others
 * get, and what the program is told. Nothing here depends on time: each message is published when all readers have the
 * one before.
 *
 * The sockets are unix sockets, because the system holds about 200 KiB for each of them. For a TCP socket whose peer
 * does not read, it holds some megabytes.
 */
import assert from 'node:assert/strict';
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { attach } from '../../lib/index.js';
import type { Connection, SlowPolicy, SlowSubscriber } from '../../lib/index.js';

export interface SubscriberPlan {
  readonly subscribers: number;
  /** Bytes of each message. */
  readonly size: number;
  /** Number of the last message. */
  readonly last: number;
}

export interface SubscriberReport {
  readonly kind: 'report';
  /** Frames that are no messages of the server, as hexadecimal digits. */
  readonly faults: readonly string[];
  readonly fastDelivered: number;
  /** Subscribers that have all messages from the first on, each once. */
  readonly fastInOrder: number;
  readonly fastEnded: number;
  readonly slowDelivered: number;
  readonly slowInOrder: number;
}

interface Outcome {
  readonly policy: SlowPolicy;
  readonly subscribers: number;
  readonly slow: number;
  readonly deliveries: number;
  /** Most bytes that waited for all connections together, and for one. */
  readonly held: number;
  readonly heldByOne: number;
  readonly limit: number;
  /** Most bytes of buffers that the process had more than before the first message. */
  readonly buffers: number;
}

const SIZE = 16_384;
const FRAME = SIZE + 4;
const MESSAGES = 40;
/** `slowSubscriberBytes`. */
const SLOW_BYTES = 65_536;
/** `maxBufferedBytes`, which is the limit of the policy `wait`. */
const MOST_BYTES = 131_072;
/** File descriptors that each of both processes needs besides its sockets. */
const OTHER_FILES = 100;

/** @throws Error: the process may not have so many open files. */
function checkFiles(subscribers: number): void {
  const { stdout } = spawnSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' });
  const limit = Number(stdout);
  // 'unlimited' is no number. Node raises its soft limit to the hard one.
  if (limit < subscribers + OTHER_FILES)
    throw new Error(
      `${subscribers} subscribers need ${subscribers + OTHER_FILES} open files in each process, and the limit is ${limit}: ` +
        `raise it with ulimit -Hn`,
    );
}

function numbered(number: number): Buffer {
  const message = Buffer.alloc(SIZE, 'message');
  message.writeUInt32BE(number);
  return message;
}

export async function runSlowSubscribers(policy: SlowPolicy, subscribers: number): Promise<Outcome> {
  checkFiles(subscribers);
  const slow = Math.floor(subscribers / 3);
  const fast = subscribers - slow;
  const folder = mkdtempSync(path.join(tmpdir(), 'wspc-slow-'));
  const socketPath = path.join(folder, 'socket');
  const http = createServer();
  const server = attach(http, {
    slowSubscribers: policy,
    slowSubscriberBytes: SLOW_BYTES,
    maxBufferedBytes: MOST_BYTES,
    keepAlive: false,
    // Peers that do not read answer no close frame.
    closeTimeout: 1000,
  });
  const isSlow = new Map<Connection, boolean>();
  server.on('connection', (connection, request) => {
    isSlow.set(connection, request.headers['x-slow'] === '1');
    connection.subscribe('news');
  });
  const becameSlow = new Map<Connection, SlowSubscriber>();
  let slowEvents = 0;
  server.on('slow', (connection, info) => {
    slowEvents++;
    becameSlow.set(connection, info);
  });
  const caughtUp = new Map<Connection, number>();
  server.on('caughtUp', (connection, { dropped }) => caughtUp.set(connection, dropped));
  http.listen(socketPath, 4096);
  await once(http, 'listening');

  const plan: SubscriberPlan = { subscribers, size: SIZE, last: MESSAGES };
  const child = fork(path.join(__dirname, 'subscribers-process.js'), [socketPath, JSON.stringify(plan)]);
  const heard: string[] = [];
  let report: SubscriberReport | null = null;
  let wake = (): void => undefined;
  const gone = once(child, 'exit');
  child.on('message', (message: { kind: string } | SubscriberReport) => {
    heard.push(message.kind);
    if (message.kind === 'report') report = message as SubscriberReport;
    wake();
  });
  child.once('exit', () => wake());
  const until = async (kind: string, count = 1): Promise<void> => {
    while (heard.filter((each) => each === kind).length < count) {
      assert.ok(child.exitCode === null, `the process of the subscribers ended before "${kind}"`);
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };

  try {
    await until('open');
    assert.equal(server.count('news'), subscribers);
    const before = process.memoryUsage().arrayBuffers;
    let [held, heldByOne, buffers] = [0, 0, 0];
    const sample = (): void => {
      let sum = 0;
      for (const connection of isSlow.keys()) {
        sum += connection.bufferedAmount;
        heldByOne = Math.max(heldByOne, connection.bufferedAmount);
      }
      held = Math.max(held, sum);
      buffers = Math.max(buffers, process.memoryUsage().arrayBuffers - before);
    };
    for (let number = 0; number < MESSAGES; number++) {
      const count = server.publish('news', numbered(number));
      assert.ok(count >= fast && count <= subscribers, `${count} get message ${number}`);
      sample();
      await until('delivered', number + 1);
      sample();
    }

    // What the program is told: each slow subscriber once, and no other.
    assert.equal(slowEvents, slow);
    assert.equal(becameSlow.size, slow);
    for (const [connection, { waiting, policy: told }] of becameSlow) {
      assert.equal(isSlow.get(connection), true);
      assert.equal(told, policy);
      assert.ok(waiting > SLOW_BYTES);
    }

    // What is held: no more than documented, and not nothing.
    const limit = (policy === 'wait' ? MOST_BYTES : SLOW_BYTES) + FRAME;
    assert.ok(heldByOne <= limit, `${heldByOne} bytes wait for one connection`);
    // The message of the present tick waits for the others, too.
    assert.ok(held <= limit * slow + FRAME * fast, `${held} bytes wait for ${subscribers} connections`);
    assert.ok(held >= (SLOW_BYTES / 2) * slow, `${held} bytes wait for ${slow} connections`);
    // A message of this size is in memory once, whoever waits for it.
    const allOnce = MESSAGES * FRAME;
    assert.ok(buffers < 4 * allOnce + 1024 * subscribers, `${buffers} bytes of buffers`);

    let delivered = MESSAGES;
    if (policy === 'drop') {
      child.send('read');
      while ([...isSlow.keys()].some(({ bufferedAmount }) => bufferedAmount !== 0))
        await new Promise((resolve) => setImmediate(resolve));
      assert.equal(server.publish('news', numbered(plan.last)), subscribers);
      await until('caught up');
      await until('delivered', ++delivered);
      assert.deepEqual(new Set(caughtUp.keys()), new Set(becameSlow.keys()));
    } else {
      // The peers do not read, so the server ends their connections after `closeTimeout`.
      const failed = [...isSlow.keys()].filter((connection) => isSlow.get(connection));
      const ends = await Promise.all(failed.map(({ closed }) => closed));
      assert.ok(ends.every(({ error }) => error?.code === 'ERR_TOO_MUCH_BUFFERED'));
      assert.equal(caughtUp.size, 0);
      assert.equal(server.count('news'), fast);
    }
    child.send('report');
    await until('report');
    const { faults, fastDelivered, fastInOrder, fastEnded, slowDelivered, slowInOrder } = report!;
    assert.deepEqual(faults, []);
    assert.deepEqual([fastDelivered, fastInOrder, fastEnded], [fast * delivered, fast, 0]);
    assert.equal(slowInOrder, slow);
    if (policy === 'drop') {
      const dropped = [...caughtUp.values()].reduce((sum, count) => sum + count, 0);
      assert.equal(slowDelivered + dropped, slow * delivered);
      assert.ok([...caughtUp.values()].every((count) => count > 0));
    }
    return {
      policy,
      subscribers,
      slow,
      deliveries: fastDelivered + slowDelivered,
      held,
      heldByOne,
      limit,
      buffers,
    };
  } finally {
    if (child.connected) child.send('end');
    await gone;
    for (const connection of isSlow.keys()) connection.terminate();
    await server.close();
    http.close();
    http.closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
  }
}
