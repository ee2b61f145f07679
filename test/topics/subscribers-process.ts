/**
 * Subscribers in a process of their own: `node subscribers-process.js PATH PLAN`. Every third one does not read until
 * it is told to. All messages have the same length and begin with their number.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { SubscriberPlan, SubscriberReport } from './slow-subscribers.js';

const REQUEST =
  'GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n';
/** Connections that are opened at a time: a server has a limited backlog. */
const AT_A_TIME = 200;
/** Bytes of the header of a frame with 126 to 65535 bytes. */
const HEADER = 4;

const [path, plan] = [process.argv[2]!, JSON.parse(process.argv[3]!) as SubscriberPlan];
/** Bytes of a whole frame. */
const frame = HEADER + plan.size;

class Subscriber {
  /** Numbers of the messages, in the order of their arrival. */
  readonly numbers: number[] = [];
  /** Bytes of the frame that is arriving. */
  #at = 0;
  /** The header and the number of this frame. */
  readonly #start = Buffer.alloc(HEADER + 4);
  ended = false;
  /** Set when something else than a whole message has come. */
  fault: string | null = null;

  constructor(
    readonly socket: Socket,
    readonly isSlow: boolean,
  ) {}

  take(chunk: Buffer): void {
    let from = 0;
    while (from < chunk.length && this.fault === null) {
      if (this.#at < this.#start.length) {
        const some = Math.min(this.#start.length - this.#at, chunk.length - from);
        chunk.copy(this.#start, this.#at, from, from + some);
        this.#at += some;
        from += some;
        // The close frame of a server is the last one.
        if (this.#start[0] === 0x88) return;
        continue;
      }
      const some = Math.min(frame - this.#at, chunk.length - from);
      this.#at += some;
      from += some;
      if (this.#at < frame) return;
      this.#at = 0;
      if (this.#start.readUInt16BE(0) !== 0x827e || this.#start.readUInt16BE(2) !== plan.size)
        this.fault = this.#start.toString('hex');
      this.numbers.push(this.#start.readUInt32BE(HEADER));
      arrived(this);
    }
  }
}

const subscribers: Subscriber[] = [];
let fastDelivered = 0;

/** Tells the parent when all readers have one more message. */
function arrived({ isSlow, numbers }: Subscriber): void {
  const fast = subscribers.length - Math.floor(subscribers.length / 3);
  if (!isSlow && ++fastDelivered % fast === 0) process.send!({ kind: 'delivered' });
  if (isSlow && numbers.at(-1) === plan.last && ++lastOfSlow === Math.floor(subscribers.length / 3))
    process.send!({ kind: 'caught up' });
}
let lastOfSlow = 0;

async function subscribe(index: number): Promise<void> {
  const isSlow = index % 3 === 2;
  const socket = connect(path);
  const subscriber = new Subscriber(socket, isSlow);
  subscribers.push(subscriber);
  socket.on('error', () => undefined);
  socket.once('close', () => (subscriber.ended = true));
  socket.write(`${REQUEST}X-Slow: ${isSlow ? 1 : 0}\r\n\r\n`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  if (!answer.toString('latin1').endsWith('\r\n\r\n')) throw new Error('not only the answer has come');
  if (isSlow) socket.pause();
  socket.on('data', (chunk: Buffer) => subscriber.take(chunk));
  if (isSlow) socket.pause();
}

function report(): SubscriberReport {
  const fast = subscribers.filter(({ isSlow }) => !isSlow);
  const slow = subscribers.filter(({ isSlow }) => isSlow);
  const isGapless = ({ numbers }: Subscriber): boolean => numbers.every((number, index) => number === index);
  const isRising = ({ numbers }: Subscriber): boolean =>
    numbers.every((number, index) => index === 0 || number > numbers[index - 1]!);
  return {
    kind: 'report',
    faults: subscribers.flatMap(({ fault }) => fault ?? []).slice(0, 5),
    fastDelivered: fast.reduce((sum, { numbers }) => sum + numbers.length, 0),
    fastInOrder: fast.filter(isGapless).length,
    fastEnded: fast.filter(({ ended }) => ended).length,
    slowDelivered: slow.reduce((sum, { numbers }) => sum + numbers.length, 0),
    slowInOrder: slow.filter(isRising).length,
  };
}

process.on('message', (command: 'read' | 'report' | 'end') => {
  if (command === 'read')
    for (const { isSlow, socket } of subscribers) {
      if (isSlow) socket.resume();
    }
  else if (command === 'report') process.send!(report());
  else {
    for (const { socket } of subscribers) socket.destroy();
    process.disconnect();
  }
});

async function main(): Promise<void> {
  for (let index = 0; index < plan.subscribers; index += AT_A_TIME) {
    const some = Math.min(AT_A_TIME, plan.subscribers - index);
    await Promise.all(Array.from({ length: some }, (_, offset) => subscribe(index + offset)));
  }
  process.send!({ kind: 'open' });
}

void main();
