/**
 * Clients of a soak. They hold connections, exchange messages that can be verified, and connect again after a cut.
 */
import { setMaxListeners } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { connect } from '../../lib/index.js';
import type { Connection } from '../../lib/index.js';
import { Random } from '../fuzz/random.js';
import { messageOf, nothingYet, numberOf } from './protocol.js';
import type { Load } from './protocol.js';

const load = JSON.parse(process.argv[2]!) as Load;
const random = new Random(load.seed);
const count = nothingYet();
let ending = false;
const open = new Set<Connection>();

const end = new AbortController();
setMaxListeners(0, end.signal);
const rest = (limit: number): Promise<unknown> =>
  setTimeout(random.below(limit + 1), undefined, { signal: end.signal }).catch(() => undefined);

function fault(text: string): void {
  if (count.faults.length < 20) count.faults.push(text);
}

function sizeOf(): number {
  const kind = random.below(100);
  return kind < 70
    ? random.below(200)
    : kind < 95
      ? random.below(4000)
      : kind < 99
        ? random.below(70_000)
        : 300_000;
}

async function openOne(): Promise<Connection> {
  const connection = await connect(`ws://127.0.0.1:${load.port}`, {
    net: { localAddress: load.localAddress },
    handshakeTimeout: 120_000,
  });
  count.opened++;
  return connection;
}

/** Sends a window of messages and reads their echoes. False if the connection ended. */
async function exchange(
  connection: Connection,
  messages: AsyncIterator<string | Uint8Array>,
  first: number,
): Promise<boolean> {
  const window = 1 + random.below(load.window);
  for (let index = 0; index < window; index++) {
    const message = messageOf(first + index, sizeOf());
    const asText = random.below(3) === 0;
    connection.send(asText ? message.toString('base64') : message).catch(() => {
      // `closed` reports the connection's end.
    });
  }
  for (let index = 0; index < window; index++) {
    const { value, done } = await messages.next();
    if (done === true) return false;
    const bytes = typeof value === 'string' ? Buffer.from(value, 'base64') : Buffer.from(value);
    const number = numberOf(bytes);
    if (number !== first + index) fault(`message ${first + index} came back as ${number}`);
    count.messages++;
    count.bytes += bytes.length;
  }
  return true;
}

async function hold(): Promise<void> {
  while (!ending) {
    let connection: Connection;
    try {
      connection = await openOne();
    } catch (error) {
      if (!load.faulty) {
        fault(`no connection: ${(error as Error).message}`);
        return;
      }
      count.lost++;
      await rest(100);
      continue;
    }
    open.add(connection);
    count.open++;
    try {
      const messages = connection[Symbol.asyncIterator]();
      let number = 0;
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- changes meanwhile
      while (!ending && (await exchange(connection, messages, number))) {
        number += load.window;
        await rest(load.pause);
      }
    } catch {
      // The reader gets an error at a cut; `closed` below has the reason.
    }
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition
    const info = await (ending ? connection.close() : connection.closed);
    open.delete(connection);
    count.open--;
    if (info.wasClean) count.closedClean++;
    else count.lost++;
  }
}

async function churn(): Promise<void> {
  while (!ending && count.churned < load.churn) {
    count.churned++;
    try {
      const connection = await openOne();
      const messages = connection[Symbol.asyncIterator]();
      const isAnswered = await exchange(connection, messages, 0).catch(() => false);
      const info = await connection.close(1000);
      if (info.wasClean) count.closedClean++;
      else count.lost++;
      if (info.wasClean && info.code === 1000 && !isAnswered)
        fault('closed cleanly, and messages are missing');
    } catch (error) {
      if (load.faulty) count.lost++;
      else fault(`churn: ${(error as Error).message}`);
    }
  }
}

async function main(): Promise<void> {
  const holders: Promise<void>[] = [];
  const timer = setInterval(() => process.send!({ kind: 'count', ...count }), 1000);
  process.on('message', () => {
    ending = true;
    end.abort();
  });
  process.on('disconnect', () => process.exit());
  for (let index = 0; index < load.connections; index++) {
    holders.push(hold());
    // Not all at once, since the queue of a listener is finite.
    if (index % 50 === 49) await rest(20);
  }
  const churners = Array.from({ length: load.churn === 0 ? 0 : 16 }, churn);
  await Promise.all([...holders, ...churners]);
  clearInterval(timer);
  process.send!({ kind: 'done', ...count }, () => process.disconnect());
}

void main();
