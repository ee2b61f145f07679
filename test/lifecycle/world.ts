/**
 * A server under test with its program, its peers, and a bystander: a correct connection that must not be affected by
 * the others.
 */
import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { connect, connectHttp2, listen, listenHttp2 } from '../../lib/index.js';
import type { Connection, Server } from '../../lib/index.js';
import { dial } from './peers.js';
import type { Peer, PeerKind, Transport } from './peers.js';

/** Milliseconds for a connection to close, and for a request to arrive. Runs wait this long, so it is short. */
export const CLOSE_TIMEOUT = 150;
export const HANDSHAKE_TIMEOUT = 300;
/** Milliseconds after which a promise counts as never settled. */
const NEVER = 8000;

export type Decision = 'accept' | 'refuse' | 'throw' | 'reject' | 'nonsense';

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Waits for a promise that must settle. */
export async function settles<T>(promise: Promise<T>, wish: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not settled: ${wish}`)), NEVER);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The ways in which the handler of a path reads. */
export const READERS = ['iterate', 'listen', 'stream', 'web', 'none', 'throw', 'echo'] as const;
export type Reader = (typeof READERS)[number];

async function read(connection: Connection, reader: Reader): Promise<void> {
  switch (reader) {
    case 'iterate':
      for await (const message of connection) assert.notEqual(message, undefined);
      return;
    case 'echo':
      for await (const message of connection) await connection.send(message);
      return;
    case 'listen':
      connection.on('message', () => {
        // Reads the messages and does nothing else.
      });
      await connection.closed;
      return;
    case 'stream':
      for await (const parts of connection.messageStreams())
        for await (const part of parts) assert.notEqual(part, undefined);
      return;
    case 'web':
      for await (const message of connection.readable) assert.notEqual(message, undefined);
      return;
    case 'none':
      await connection.closed;
      return;
    case 'throw':
      throw new Error('the handler failed on purpose');
  }
}

export class World {
  readonly peers: Peer[] = [];
  readonly connections: Connection[] = [];
  /** Paths of the requests whose handler ran. */
  readonly handled: string[] = [];
  readonly refused: { readonly path: string; readonly cause: unknown }[] = [];
  readonly #gates = new Map<string, (decision: Decision) => void>();
  readonly #handlers: Promise<unknown>[] = [];
  /** Connections that the program has closed or terminated. */
  readonly closed = new Set<Connection>();
  isClosing = false;
  isClosed = false;
  #bystander!: Connection;
  /** The server's end of the bystander. */
  #serverSide!: Connection;
  #bystanderReader!: AsyncIterator<string | Uint8Array>;
  #count = 0;
  #server!: Server;

  private constructor(
    readonly transport: Transport,
    readonly certificate: Certificate,
  ) {}

  static async open(transport: Transport, certificate: Certificate): Promise<World> {
    const world = new World(transport, certificate);
    await world.#open();
    return world;
  }

  async #open(): Promise<void> {
    const { transport, certificate } = this;
    const { cert, key } = certificate;
    const isSecure = transport.endsWith('tls');
    const options = {
      host: '127.0.0.1',
      closeTimeout: CLOSE_TIMEOUT,
      handshakeTimeout: HANDSHAKE_TIMEOUT,
      keepAlive: false,
      backend: 'portable',
      maxPayload: 1 << 20,
      protocols: ['chat'],
      verifyClient: (request: IncomingMessage) => this.#verify(request.url ?? ''),
      path: (path: string) => {
        if (path.startsWith('/path-throws')) throw new Error('path failed on purpose');
        return true;
      },
      headers: (request: IncomingMessage) =>
        request.url!.startsWith('/bad-header') ? { 'X-Bad': 'a\r\nb: c' } : { 'X-Good': 'yes' },
      ...(isSecure ? { tls: { cert, key } } : {}),
    } as const;
    const handler = (connection: Connection, request: IncomingMessage): void => {
      const path = request.url ?? '';
      if (path !== '/bystander') this.handled.push(path);
      if (path === '/bystander') this.#serverSide = connection;
      else this.connections.push(connection);
      const reader = (/reader=(\w+)/.exec(path)?.[1] ?? 'echo') as Reader;
      const done = read(connection, reader).catch(() => {
        // The connection or the program failed. `closed` and the transport report it.
      });
      this.#handlers.push(done, connection.closed);
      if (reader === 'throw') throw new Error('the handler failed on purpose');
    };
    this.#server = transport.startsWith('h2')
      ? await listenHttp2(options, handler)
      : await listen(options, handler);
    this.#server.on('refused', (error, request) =>
      this.refused.push({ path: request.url ?? '', cause: error.cause }),
    );
    const url = `${isSecure ? 'wss' : 'ws'}://127.0.0.1:${this.port}/bystander`;
    const common = { tls: { ca: cert }, keepAlive: false, backend: 'portable' } as const;
    this.#bystander = transport.startsWith('h2')
      ? await connectHttp2(url, common)
      : await connect(url, common);
    this.#bystanderReader = this.#bystander[Symbol.asyncIterator]();
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  dial(kind: PeerKind): Peer {
    const { transport, certificate } = this;
    const peer = dial(kind, { transport, port: this.port, ca: certificate.cert });
    this.peers.push(peer);
    return peer;
  }

  /** `/gate/N` waits for {@link decide}. Every other path names its own decision. */
  #verify(path: string): boolean | { status: number } | Promise<boolean | { status: number }> {
    if (path.startsWith('/never')) return new Promise(() => undefined);
    if (path.startsWith('/gate')) {
      const decision = new Promise<Decision>((resolve) => this.#gates.set(path, resolve));
      return decision.then(decided);
    }
    const decision = /^\/(refuse|throw|reject|nonsense)/.exec(path)?.[1] as Decision | undefined;
    if (decision === 'reject') return Promise.reject(new Error('rejected on purpose'));
    return decided(decision ?? 'accept');
  }

  /** Whether the request for the path waits for a decision. */
  waits(path: string): boolean {
    return this.#gates.has(path);
  }

  decide(path: string, decision: Decision): void {
    this.#gates.get(path)?.(decision);
    this.#gates.delete(path);
  }

  /**
   * Sends a message there and back. Afterwards the server has had its turn, and its other connections are known to
   * work.
   */
  async exchange(): Promise<void> {
    if (this.isClosing) {
      await new Promise((resolve) => setImmediate(resolve));
      return;
    }
    const message = `message ${this.#count++}`;
    await settles(this.#bystander.send(message), 'the send of the bystander');
    const { value } = await settles(this.#bystanderReader.next(), 'the echo to the bystander');
    assert.equal(value, message);
  }

  /** Breaks a transport of the server, so that its next write throws. Sends to the bystander in the same tick. */
  async breakTransport({ socket }: Connection, send: () => void): Promise<void> {
    if (this.isClosing) return;
    socket.write = () => {
      throw new Error('the transport failed on purpose');
    };
    send();
    void this.#serverSide.send('alongside');
    const { value } = await settles(this.#bystanderReader.next(), 'the message beside a broken transport');
    assert.equal(value, 'alongside');
  }

  /**
   * Waits for the end of all connections that the program has closed. They end by themselves, whatever their peers
   * do.
   */
  async ends(): Promise<void> {
    for (const { closed } of this.closed) await settles(closed, 'the end of a connection that was closed');
  }

  async close(signal: AbortSignal | undefined): Promise<void> {
    this.isClosing = true;
    const closed = this.#server.close(signal === undefined ? {} : { signal });
    await settles(
      closed.catch((error: unknown) => assert.equal(error, signal?.reason)),
      `close of a ${this.transport} server`,
    );
    this.isClosed = true;
    const handled = this.handled.length;
    assert.equal(this.#server.size, 0);
    assert.deepEqual(this.#server.connections, []);
    assert.equal(this.#server.isClosed, true, 'isClosed after close has settled');
    // Decisions that come too late must open nothing.
    for (const path of [...this.#gates.keys()]) this.decide(path, 'accept');
    for (const peer of this.peers)
      await peer.until(() => peer.isClosed, 'the transport is open after the server has closed');
    await settles(Promise.all(this.#handlers), 'what handlers wait for');
    await settles(this.#bystander.closed, 'the end of the bystander');
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(this.handled.length, handled, 'a handler ran after the server had closed');
  }
}

function decided(decision: Decision): boolean | { status: number } {
  switch (decision) {
    case 'accept':
      return true;
    case 'refuse':
      return { status: 403 };
    case 'nonsense':
      return 'yes' as unknown as boolean;
    default:
      throw new Error('verifyClient failed on purpose');
  }
}

/** Whether an error is the test program's own. */
export function isOwn(error: unknown): boolean {
  return error instanceof Error && error.message.includes('on purpose');
}
