/**
 * A bad network between the clients and the server of a soak. It is a TCP proxy in a process of its own and needs no
 * feature of the kernel. Each connection has its own faults: the delay, the pieces, the bytes that are held back and
 * joined, the speed of the rest, and an early end.
 */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { Random } from '../fuzz/random.js';
import type { FaultCount } from './protocol.js';

const [serverPort = 0, seed = 0] = process.argv.slice(2).map(Number);
const random = new Random(seed);
const count: FaultCount = {
  connections: 0,
  bytes: 0,
  delayed: 0,
  split: 0,
  joined: 0,
  throttled: 0,
  halfClosed: 0,
  reset: 0,
  cut: 0,
};

/**
 * Most pieces of one read. The rest goes on as a whole, since otherwise a message would take seconds of processor
 * time.
 */
const MOST_PIECES = 64;

interface Weather {
  /** Milliseconds before the bytes of a read go on: a fixed delay, and the most that is added to it. */
  readonly delay: number;
  readonly jitter: number;
  /** Most bytes of a piece; 0 for whole reads. */
  readonly piece: number;
  /** Milliseconds for which bytes are held back and joined. */
  readonly hold: number;
  /** Bytes per millisecond; 0 for no limit. */
  readonly rate: number;
}

function weather(): Weather {
  const isDelayed = random.below(2) === 0;
  const delay = isDelayed ? random.below(40) : 0;
  const jitter = isDelayed ? random.below(30) : 0;
  const piece = random.below(2) === 0 ? 1 + random.below(2 ** random.below(12)) : 0;
  const hold = random.below(4) === 0 ? 5 + random.below(30) : 0;
  const rate = random.below(5) === 0 ? 200 + random.below(2000) : 0;
  if (isDelayed) count.delayed++;
  if (piece !== 0) count.split++;
  if (hold !== 0) count.joined++;
  if (rate !== 0) count.throttled++;
  return { delay, jitter, piece, hold, rate };
}

/** Resolves at the first of the events. */
async function anyOf(socket: Socket, ...names: string[]): Promise<void> {
  const others = new AbortController();
  try {
    await Promise.race(names.map((name) => once(socket, name, { signal: others.signal })));
  } finally {
    others.abort();
  }
}

type Ending = 'halfClosed' | 'reset' | 'cut';

/** One client, and the number of bytes until its early end. */
class Link {
  private left = Infinity;
  private readonly ending: Ending = (['halfClosed', 'reset', 'cut'] as const)[random.below(3)]!;

  constructor(
    private readonly client: Socket,
    private readonly server: Socket,
  ) {
    // From inside the handshake to inside a message much later.
    if (random.below(4) === 0) this.left = random.below(2 ** (4 + random.below(18)));
    const end = (): void => {
      client.destroy();
      server.destroy();
    };
    client.on('error', end);
    server.on('error', end);
    client.setNoDelay();
    server.setNoDelay();
    // If a socket has gone, there is nobody to carry bytes for.
    void Promise.all([this.carry(client, server), this.carry(server, client)]).catch(end);
  }

  private async carry(from: Socket, to: Socket): Promise<void> {
    const { delay, jitter, piece, hold, rate } = weather();
    const state = { ended: false };
    from.on('end', () => (state.ended = true));
    for (;;) {
      if (from.readableLength === 0 && !state.ended && !from.destroyed)
        await anyOf(from, 'readable', 'end', 'close');
      const wait = hold + delay + random.below(jitter + 1);
      if (wait !== 0) await setTimeout(wait);
      const bytes = from.read() as Buffer | null;
      if (bytes === null) {
        if (state.ended || from.destroyed) break;
        continue;
      }
      if (rate !== 0) await setTimeout(bytes.length / rate);
      for (let at = 0, pieces = 0; at < bytes.length; pieces++) {
        const whole = piece === 0 || pieces === MOST_PIECES;
        const end = whole ? bytes.length : Math.min(bytes.length, at + 1 + random.below(piece));
        if (!(await this.pass(bytes.subarray(at, end), from, to))) return;
        at = end;
        // Otherwise the system would join the pieces again.
        if (at < bytes.length) await setImmediate();
      }
    }
    to.end();
  }

  /** Returns false if the connection ends here. */
  private async pass(bytes: Buffer, from: Socket, to: Socket): Promise<boolean> {
    if (to.destroyed) return false;
    const part = bytes.subarray(0, this.left);
    this.left -= part.length;
    count.bytes += part.length;
    const goesOn = to.write(part);
    if (this.left > 0) {
      if (!goesOn) await anyOf(to, 'drain', 'close');
      return true;
    }
    this.left = Infinity;
    count[this.ending]++;
    if (this.ending === 'halfClosed') {
      // The other direction stays open. Later bytes of this direction are dropped.
      to.end();
      from.resume();
    } else if (this.ending === 'reset') {
      this.client.resetAndDestroy();
      this.server.resetAndDestroy();
    } else {
      this.client.destroy();
      this.server.destroy();
    }
    return false;
  }
}

const listener = createServer({ allowHalfOpen: true }, (client) => {
  count.connections++;
  const server = connect({
    host: '127.0.0.1',
    port: serverPort,
    localAddress: client.remoteAddress!,
    allowHalfOpen: true,
  });
  new Link(client, server);
});
listener.listen({ host: '0.0.0.0', port: 0, backlog: 4096 }, () => {
  process.send!({ kind: 'listening', port: (listener.address() as AddressInfo).port });
});
const timer = setInterval(() => process.send!({ kind: 'faults', ...count }), 1000);
process.on('message', () => {
  clearInterval(timer);
  process.send!({ kind: 'faults', ...count }, () => process.exit());
});
process.on('disconnect', () => process.exit());
