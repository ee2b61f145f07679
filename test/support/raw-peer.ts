import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createHash } from 'node:crypto';

/** A frame as it is on the wire, unmasked. */
export interface Frame {
  readonly fin: boolean;
  readonly opcode: number;
  readonly masked: boolean;
  readonly payload: Buffer;
}

export interface FrameOptions {
  readonly fin?: boolean;
  readonly rsv?: number;
  readonly masked?: boolean;
}

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

/** The other end of a connection, byte by byte: no WebSocket library. */
export class RawPeer {
  ended = false;
  #bytes: Buffer = Buffer.alloc(0);
  #wake: (() => void) | null = null;

  constructor(
    readonly socket: Socket,
    private readonly isClient: boolean,
    rest: Buffer,
  ) {
    this.#bytes = rest;
    socket.on('data', (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#wake?.();
    });
    const onEnd = (): void => {
      this.ended = true;
      this.#wake?.();
    };
    socket.on('end', onEnd);
    socket.on('close', onEnd);
    socket.on('error', () => {
      // A connection that is cut is what some tests are about.
    });
  }

  write(...frames: Buffer[]): void {
    this.socket.write(Buffer.concat(frames));
  }

  /** A frame with the mask that this side has to use. */
  send(opcode: number, payload?: Uint8Array | string, options: FrameOptions = {}): void {
    this.write(frame(opcode, payload, { masked: this.isClient, ...options }));
  }

  sendClose(code?: number, reason?: Uint8Array | string): void {
    this.write(closeFrame(code, reason, { masked: this.isClient }));
  }

  /** The next frame, or null at the end. */
  async next(): Promise<Frame | null> {
    for (;;) {
      const found = this.#take();
      if (found !== null) return found;
      if (this.ended) return null;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** The next close frame's code (1005 without one), or null at the end. */
  async nextClose(): Promise<number | null> {
    for (;;) {
      const found = await this.next();
      if (found === null) return null;
      if (found.opcode === 8) return found.payload.length === 0 ? 1005 : found.payload.readUInt16BE();
    }
  }

  async end(): Promise<void> {
    while (!this.ended) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  #take(): Frame | null {
    const bytes = this.#bytes;
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
    this.#bytes = bytes.subarray(at + length);
    return { fin: (bytes[0]! & 0x80) !== 0, opcode: bytes[0]! & 0x0f, masked, payload };
  }
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

/** Opens a connection to a server of this machine, by hand. */
export async function rawClient(port: number, path = '/', allowHalfOpen = true): Promise<RawPeer> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen });
  await once(socket, 'connect');
  socket.write(requestText(path));
  const { head, rest } = await readHead(socket);
  if (!head.startsWith('HTTP/1.1 101')) throw new Error(head);
  return new RawPeer(socket, true, rest);
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
  /** The next connection, its handshake done. */
  next(): Promise<RawPeer>;
  close(): Promise<void>;
}

/** A server that does the handshake by hand, and nothing else. */
export async function rawServer(): Promise<RawServer> {
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
      const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      return new RawPeer(socket, false, rest);
    },
    async close() {
      server.close();
      await once(server, 'close');
    },
  };
}
