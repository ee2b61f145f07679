import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createHash } from 'node:crypto';

/** An unmasked frame. */
export interface Frame {
  readonly fin: boolean;
  /** The three reserved bits, RSV1 being 4. */
  readonly rsv: number;
  readonly opcode: number;
  readonly masked: boolean;
  readonly payload: Buffer;
}

export interface FrameOptions {
  readonly fin?: boolean;
  readonly rsv?: number;
  readonly masked?: boolean;
}

/** One frame, legal or not. */
export function frame(opcode: number, payload: Uint8Array | string = '', options: FrameOptions = {}): Buffer {
  const body = Buffer.from(payload as Uint8Array);
  const { fin = true, rsv = 0, masked = true } = options;
  const mask = masked ? 0x80 : 0;
  let header: Buffer;
  if (body.length < 126) {
    header = Buffer.from([0, mask | body.length]);
  } else if (body.length < 65536) {
    header = Buffer.from([0, mask | 126, 0, 0]);
    header.writeUInt16BE(body.length, 2);
  } else {
    header = Buffer.alloc(10);
    header[1] = mask | 127;
    header.writeBigUInt64BE(BigInt(body.length), 2);
  }
  header[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  if (!masked) return Buffer.concat([header, body]);
  const key = Buffer.from([1, 2, 3, 4]);
  for (let index = 0; index < body.length; index++) body[index]! ^= key[index & 3]!;
  return Buffer.concat([header, key, body]);
}

export function closeFrame(code?: number, reason: Uint8Array | string = '', options?: FrameOptions): Buffer {
  if (code === undefined) return frame(8, '', options);
  const body = Buffer.concat([Buffer.alloc(2), Buffer.from(reason as Uint8Array)]);
  body.writeUInt16BE(code);
  return frame(8, body, options);
}

/** Actions that a raw peer takes by itself. */
export interface RawPeerBehaviour {
  /**
   * Ends its half when the other half has ended, and, as a server, when a close frame has come (RFC 6455,
   * section 7.1.1). Default: false, the test ends it.
   */
  readonly endsByItself?: boolean;
}

/** The other end of a connection, byte by byte. It uses no code of this package. */
export class RawPeer {
  /** Frames that have come and that {@link next} has not returned yet. */
  readonly frames: Frame[] = [];
  /** Resolves when the transport is closed. */
  readonly closed: Promise<void>;
  /** Whether the other side has ended its half, or the transport is closed. */
  hasEnded = false;
  readonly #endsByItself: boolean;
  #bytes: Buffer = Buffer.alloc(0);
  readonly #wakers = new Set<() => void>();

  constructor(
    readonly socket: Socket,
    private readonly isClient: boolean,
    rest: Buffer,
    { endsByItself = false }: RawPeerBehaviour = {},
  ) {
    this.#endsByItself = endsByItself;
    socket.setNoDelay();
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    const onEnd = (): void => {
      this.hasEnded = true;
      if (endsByItself) socket.end();
      this.#wake();
    };
    socket.on('end', onEnd);
    socket.on('close', onEnd);
    socket.on('error', () => {
      // Some tests cut the connection, so errors are expected.
    });
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#take(rest);
  }

  /** A frame with the mask that this side has to use. */
  frame(opcode: number, payload?: Uint8Array | string, options: FrameOptions = {}): Buffer {
    return frame(opcode, payload, { masked: this.isClient, ...options });
  }

  /** Writes all frames in one piece, without waiting. */
  write(...frames: Buffer[]): void {
    this.socket.write(Buffer.concat(frames));
  }

  /**
   * Writes as fast as the other side reads: all bytes at once, or in pieces of `piece` bytes, each in its own turn of
   * the event loop.
   */
  async pour(bytes: Buffer, piece = Infinity): Promise<void> {
    for (let at = 0; at < bytes.length && !this.socket.destroyed && this.socket.writable; at += piece) {
      this.socket.write(bytes.subarray(at, Math.min(bytes.length, at + piece)));
      if (piece !== Infinity) await new Promise((resolve) => setImmediate(resolve));
      if (this.socket.writableNeedDrain)
        await Promise.race([once(this.socket, 'drain').catch(() => this.closed), this.closed]);
    }
  }

  /** Sends a frame with the mask that this side has to use. */
  send(opcode: number, payload?: Uint8Array | string, options: FrameOptions = {}): void {
    this.write(this.frame(opcode, payload, options));
  }

  sendClose(code?: number, reason?: Uint8Array | string): void {
    this.write(closeFrame(code, reason, { masked: this.isClient }));
  }

  /** The next frame, or null at the end. */
  async next(): Promise<Frame | null> {
    await this.until((frames) => frames.length > 0);
    return this.frames.shift() ?? null;
  }

  /** The next close frame's code (1005 without one), or null at the end. */
  async nextClose(): Promise<number | null> {
    for (;;) {
      const found = await this.next();
      if (found === null) return null;
      if (found.opcode === 8) return found.payload.length === 0 ? 1005 : found.payload.readUInt16BE();
    }
  }

  /** Waits until the other side has ended its half. */
  end(): Promise<void> {
    return this.until(() => false);
  }

  /** Waits until `isEnough` accepts the frames, or for the end. */
  async until(isEnough: (frames: readonly Frame[]) => boolean): Promise<void> {
    while (!isEnough(this.frames) && !this.hasEnded) {
      await new Promise<void>((resolve) => this.#wakers.add(resolve));
    }
  }

  #wake(): void {
    const wakers = [...this.#wakers];
    this.#wakers.clear();
    for (const wake of wakers) wake();
  }

  #take(chunk: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    for (;;) {
      const found = decode(this.#bytes);
      if (found === null) return;
      this.#bytes = this.#bytes.subarray(found.size);
      this.frames.push(found.frame);
      if (this.#endsByItself && !this.isClient && found.frame.opcode === 8) this.socket.end();
      this.#wake();
    }
  }
}

/** All frames of a stream that has only whole frames. It uses no code of this package. */
export function framesOf(stream: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let rest = stream; rest.length > 0;) {
    const found = decode(rest);
    if (found === null) throw new Error(`the last frame is not whole: ${rest.toString('hex', 0, 20)}`);
    frames.push(found.frame);
    rest = rest.subarray(found.size);
  }
  return frames;
}

/** The frame at the beginning of the bytes, with its length; null if it is not complete. */
export function decode(bytes: Buffer): { readonly frame: Frame; readonly size: number } | null {
  if (bytes.length < 2) return null;
  const masked = (bytes[1]! & 0x80) !== 0;
  let length = bytes[1]! & 0x7f;
  let at = 2;
  if (length === 126) {
    if (bytes.length < 4) return null;
    length = bytes.readUInt16BE(2);
    at = 4;
  } else if (length === 127) {
    if (bytes.length < 10) return null;
    length = Number(bytes.readBigUInt64BE(2));
    at = 10;
  }
  const key = masked ? bytes.subarray(at, at + 4) : null;
  if (masked) at += 4;
  if (bytes.length < at + length) return null;
  const payload = Buffer.from(bytes.subarray(at, at + length));
  if (key !== null) for (let index = 0; index < length; index++) payload[index]! ^= key[index & 3]!;
  return {
    frame: {
      fin: (bytes[0]! & 0x80) !== 0,
      rsv: (bytes[0]! >> 4) & 7,
      opcode: bytes[0]! & 0x0f,
      masked,
      payload,
    },
    size: at + length,
  };
}

/** The value of Sec-WebSocket-Accept that answers a key (RFC 6455, section 4.2.2). */
export function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

async function readHead(socket: Socket): Promise<{ head: string; rest: Buffer }> {
  let bytes: Buffer = Buffer.alloc(0);
  for (;;) {
    const end = bytes.indexOf('\r\n\r\n');
    if (end >= 0) return { head: bytes.toString('latin1', 0, end), rest: bytes.subarray(end + 4) };
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) await once(socket, 'readable');
    else bytes = Buffer.concat([bytes, chunk]);
  }
}

/** Headers of a request that any server must accept. */
export const REQUEST_HEADERS: Readonly<Record<string, string>> = {
  Host: 'localhost',
  Upgrade: 'websocket',
  Connection: 'Upgrade',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version': '13',
};

export function requestText(path = '/', headers: Readonly<Record<string, string>> = REQUEST_HEADERS): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

export interface RawClientOptions extends RawPeerBehaviour {
  /** The value of Sec-WebSocket-Extensions. Default: no such header. */
  readonly extensions?: string;
  /** Default: `/`. */
  readonly path?: string;
}

/** Opens a connection to a server of this machine by hand, without a WebSocket library. */
export async function rawClient(port: number, options: RawClientOptions = {}): Promise<RawPeer> {
  const { extensions, path = '/' } = options;
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  await once(socket, 'connect');
  socket.write(
    requestText(path, {
      ...REQUEST_HEADERS,
      ...(extensions !== undefined && { 'Sec-WebSocket-Extensions': extensions }),
    }),
  );
  const { head, rest } = await readHead(socket);
  const accept = acceptOf(REQUEST_HEADERS['Sec-WebSocket-Key']!);
  if (!head.startsWith('HTTP/1.1 101') || !head.includes(accept)) throw new Error(head);
  return new RawPeer(socket, true, rest, options);
}

/** Sends a request and returns the whole answer. */
export async function rawRequest(port: number, request: string | Buffer): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.write(request);
  let answer = '';
  for await (const chunk of socket) answer += (chunk as Buffer).toString('latin1');
  return answer;
}

export interface RawServer {
  readonly port: number;
  readonly server: Server;
  /** The next connection, after its handshake. */
  next(): Promise<RawPeer>;
  close(): Promise<void>;
}

/** A server that makes the handshake by hand, and does nothing else. */
export async function rawServer(behaviour: RawPeerBehaviour = {}): Promise<RawServer> {
  const arrived: Socket[] = [];
  let wake: (() => void) | null = null;
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    arrived.push(socket);
    wake?.();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    server,
    async next() {
      while (arrived.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      const socket = arrived.shift()!;
      const { head, rest } = await readHead(socket);
      const key = /sec-websocket-key: (.*)/i.exec(head)![1]!.trim();
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptOf(key)}\r\n\r\n`,
      );
      return new RawPeer(socket, false, rest, behaviour);
    },
    async close() {
      server.close();
      await once(server, 'close');
    },
  };
}
