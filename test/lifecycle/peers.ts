/** Peers of a server under test. They write bytes to real sockets and use no code of this package. */
import * as http2 from 'node:http2';
import * as net from 'node:net';
import * as tls from 'node:tls';
import { frame } from '../support/raw-peer.js';

/** How a server is reached. */
export type Transport = 'http' | 'tls' | 'h2' | 'h2-tls';
export const TRANSPORTS: readonly Transport[] = ['http', 'tls', 'h2', 'h2-tls'];

/** The address of the server, and its certificate. */
export interface Place {
  readonly transport: Transport;
  readonly port: number;
  readonly ca: string;
}

/** The last action of a peer. A peer goes through some of these states, in this order. */
export type PeerState = 'dialled' | 'asked' | 'ended';

/** One peer: a socket of TCP or TLS, or a stream of HTTP/2. */
export abstract class Peer {
  state: PeerState = 'dialled';
  /** The status of the answer: undefined before there is one, 0 if the transport ended without an answer. */
  status: number | undefined;
  /** Whether the transport is closed. */
  isClosed = false;
  /** The path of the sent request; '' before it. */
  path = '';
  #wakers: (() => void)[] = [];

  abstract ask(path: string, early: Buffer, isLast: boolean): void;
  abstract write(bytes: Uint8Array): void;
  /** Ends this half of the transport: FIN or END_STREAM. */
  abstract fin(): void;
  /** Drops the transport: RST or RST_STREAM. */
  abstract reset(): void;

  /**
   * Resolves when the condition is true. Rejects if it is not true within a time that is long enough for every
   * working server.
   */
  async until(condition: () => boolean, wish: string): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${this.constructor.name} ${this.path}: ${wish}`)), 8000);
    });
    try {
      while (!condition()) {
        const woken = new Promise<void>((resolve) => this.#wakers.push(resolve));
        await Promise.race([woken, late]);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  protected changed(): void {
    for (const wake of this.#wakers.splice(0)) wake();
  }

  protected answered(status: number): void {
    this.status ??= status;
    this.changed();
  }

  protected closed(): void {
    this.isClosed = true;
    this.state = 'ended';
    this.answered(0);
  }
}

/** A peer that speaks HTTP/1.1, or sends nothing, over TCP or TLS. */
class SocketPeer extends Peer {
  #head = '';

  constructor(
    private readonly socket: net.Socket,
    private readonly wire: net.Socket,
  ) {
    super();
    socket.on('data', (chunk: Buffer) => {
      if (this.status !== undefined) return;
      this.#head += chunk.toString('latin1');
      const status = /^HTTP\/1\.1 (\d{3})/.exec(this.#head)?.[1];
      if (status !== undefined) this.answered(Number(status));
    });
    socket.on('error', () => {
      // `close` follows.
    });
    wire.on('error', () => {
      // As above.
    });
    // A peer that keeps its half open only gets `end` when the server ends.
    socket.on('end', () => this.closed());
    wire.on('close', () => this.closed());
  }

  ask(path: string, early: Buffer, isLast: boolean): void {
    this.path = path;
    this.state = 'asked';
    const request = [
      `GET ${path} HTTP/1.1`,
      'Host: localhost',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Protocol: chat',
      '',
      '',
    ].join('\r\n');
    this.write(Buffer.concat([Buffer.from(request), early]));
    if (isLast) this.fin();
  }

  write(bytes: Uint8Array): void {
    if (this.socket.writable) this.socket.write(bytes);
  }

  fin(): void {
    this.socket.end();
  }

  reset(): void {
    // Node cannot reset a socket under TLS. Destroying the TLS socket drops it.
    if (this.socket === this.wire) this.wire.resetAndDestroy();
    else this.socket.destroy();
    this.wire.destroy();
  }
}

/** A peer that speaks HTTP/2 on a session of its own. */
class StreamPeer extends Peer {
  #stream: http2.ClientHttp2Stream | null = null;

  constructor(private readonly session: http2.ClientHttp2Session) {
    super();
    session.on('error', () => {
      // `close` follows.
    });
    session.on('close', () => this.closed());
  }

  ask(path: string, early: Buffer, isLast: boolean): void {
    this.path = path;
    this.state = 'asked';
    if (this.session.destroyed || this.session.closed) return;
    const send = (): void => {
      if (this.session.destroyed || this.session.closed) return;
      const stream = this.session.request(
        {
          ':method': 'CONNECT',
          ':protocol': 'websocket',
          ':scheme': 'http',
          ':authority': 'localhost',
          ':path': path,
          'sec-websocket-version': '13',
          'sec-websocket-protocol': 'chat',
        },
        // END_STREAM with the headers: the peer has ended before the server can answer.
        { endStream: isLast && early.byteLength === 0 },
      );
      this.#stream = stream;
      stream.on('response', (headers) => this.answered(headers[':status'] ?? 0));
      stream.on('data', () => {
        // Reads the data, so that `end` is emitted.
      });
      stream.on('error', () => this.answered(0));
      stream.on('close', () => this.answered(0));
      if (early.byteLength !== 0) stream.write(early);
      if (isLast && !stream.writableEnded) stream.end();
    };
    // Extended CONNECT is allowed after the server's settings have come (RFC 8441, section 3).
    if (this.session.remoteSettings.enableConnectProtocol === true) send();
    else this.session.once('remoteSettings', send);
  }

  write(bytes: Uint8Array): void {
    if (this.#stream?.writable === true) this.#stream.write(bytes);
  }

  fin(): void {
    if (this.#stream === null) this.session.close();
    else this.#stream.end();
  }

  reset(): void {
    if (this.#stream === null) this.session.destroy();
    else this.#stream.close(http2.constants.NGHTTP2_CANCEL);
  }

  end(): void {
    this.session.destroy();
  }
}

/** Kinds of peers. `silent` opens TCP and sends nothing. */
export type PeerKind = 'silent' | 'proper';

export function dial(kind: PeerKind, { transport, port, ca }: Place): Peer {
  const host = '127.0.0.1';
  if (kind === 'silent') {
    const socket = net.connect({ host, port, allowHalfOpen: true });
    return new SocketPeer(socket, socket);
  }
  switch (transport) {
    case 'http': {
      const socket = net.connect({ host, port, allowHalfOpen: true });
      return new SocketPeer(socket, socket);
    }
    case 'tls': {
      const wire = net.connect({ host, port });
      return new SocketPeer(tls.connect({ socket: wire, ca, servername: 'localhost' }), wire);
    }
    case 'h2':
      return new StreamPeer(http2.connect(`http://${host}:${port}`));
    case 'h2-tls':
      return new StreamPeer(http2.connect(`https://localhost:${port}`, { ca, host }));
  }
}

/** Frames of a client, legal and illegal. */
export const FRAMES = {
  text: frame(1, 'hello'),
  binary: frame(2, Buffer.alloc(5000, 7)),
  fragment: frame(1, 'half', { fin: false }),
  ping: frame(9, 'p'),
  pong: frame(10),
  close: frame(8, Buffer.from([0x03, 0xe8])),
  badClose: frame(8, Buffer.from([0x03, 0xed])),
  badText: frame(1, Buffer.from([0xff])),
  unmasked: frame(1, 'x', { masked: false }),
  reserved: frame(1, 'x', { rsv: 4 }),
  incomplete: frame(2, Buffer.alloc(5000, 7)).subarray(0, 700),
} as const;
export type FrameName = keyof typeof FRAMES;
