/**
 * A peer that speaks frames by hand: it can send what no library would, and reports what it got, frame by frame.
 * It shares no code with the product.
 */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';

export interface RawFrame {
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly masked: boolean;
  readonly payload: Buffer;
}

export interface FrameOptions {
  readonly fin?: boolean;
  readonly rsv?: number;
}

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Encodes one frame, legal or not. */
export function encode(opcode: number, payload: Buffer, masked: boolean, options: FrameOptions = {}): Buffer {
  const first = ((options.fin ?? true) ? 0x80 : 0) | ((options.rsv ?? 0) << 4) | opcode;
  const { length } = payload;
  const size = length < 126 ? 2 : length < 65536 ? 4 : 10;
  const header = Buffer.alloc(size);
  header[0] = first;
  if (size === 2) header[1] = length;
  else if (size === 4) {
    header[1] = 126;
    header.writeUInt16BE(length, 2);
  } else {
    header[1] = 127;
    header.writeBigUInt64BE(BigInt(length), 2);
  }
  if (!masked) return Buffer.concat([header, payload]);
  header[1] |= 0x80;
  const key = randomBytes(4);
  const body = Buffer.from(payload);
  for (let index = 0; index < body.length; index++) body[index]! ^= key[index & 3]!;
  return Buffer.concat([header, key, body]);
}

/** One end of a raw connection whose handshake is done. */
export class RawPeer {
  readonly frames: RawFrame[] = [];
  readonly ended: Promise<void>;
  private pending: Buffer = Buffer.alloc(0);
  private onFrame: () => void = () => undefined;

  constructor(
    readonly socket: net.Socket,
    private readonly isClient: boolean,
    head: Buffer,
  ) {
    this.ended = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => this.take(chunk));
    socket.on('end', () => socket.end());
    this.take(head);
  }

  private take(chunk: Buffer): void {
    this.pending = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
    for (;;) {
      const data = this.pending;
      if (data.length < 2) return;
      const masked = (data[1]! & 0x80) !== 0;
      let length = data[1]! & 0x7f;
      let at = 2;
      if (length === 126) {
        if (data.length < 4) return;
        length = data.readUInt16BE(2);
        at = 4;
      } else if (length === 127) {
        if (data.length < 10) return;
        length = Number(data.readBigUInt64BE(2));
        at = 10;
      }
      const key = data.subarray(at, at + 4);
      if (masked) at += 4;
      if (data.length < at + length) return;
      const payload = Buffer.from(data.subarray(at, at + length));
      if (masked) for (let index = 0; index < length; index++) payload[index]! ^= key[index & 3]!;
      this.frames.push({
        fin: (data[0]! & 0x80) !== 0,
        rsv: (data[0]! >> 4) & 7,
        opcode: data[0]! & 15,
        masked,
        payload,
      });
      this.pending = data.subarray(at + length);
      this.onFrame();
      if ((data[0]! & 15) === 8 && !this.isClient) this.socket.end();
    }
  }

  /** Writes bytes, whole or in pieces of `chop` bytes, each in a turn of its own. */
  async write(bytes: Buffer, chop = Infinity): Promise<void> {
    for (let at = 0; at < bytes.length && !this.socket.destroyed && this.socket.writable; at += chop) {
      this.socket.write(bytes.subarray(at, Math.min(bytes.length, at + chop)));
      if (chop !== Infinity) await new Promise((resolve) => setImmediate(resolve));
      if (this.socket.writableNeedDrain)
        await Promise.race([once(this.socket, 'drain').catch(() => this.ended), this.ended]);
    }
  }

  /** Waits for the frames that are enough, or for the end. */
  until(isEnough: (frames: readonly RawFrame[]) => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.onFrame = () => {
        if (isEnough(this.frames)) resolve();
      };
      this.onFrame();
      void this.ended.then(resolve);
    });
  }

  frame(opcode: number, payload: Buffer | string = '', options: FrameOptions = {}): Buffer {
    return encode(opcode, Buffer.from(payload as string), this.isClient, options);
  }
}

/** Opens a raw connection to a server. */
export async function connectRaw(port: number, { extensions = '' } = {}): Promise<RawPeer> {
  const socket = net.connect(port, '127.0.0.1');
  socket.setNoDelay();
  const key = randomBytes(16).toString('base64');
  socket.write(
    `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n` +
      `${extensions === '' ? '' : `Sec-WebSocket-Extensions: ${extensions}\r\n`}\r\n`,
  );
  const { head, rest } = await readHead(socket);
  const accept = createHash('sha1')
    .update(key + GUID)
    .digest('base64');
  if (!head.startsWith('HTTP/1.1 101') || !head.includes(accept)) throw new Error(`no upgrade:\n${head}`);
  return new RawPeer(socket, true, rest);
}

/** Waits for clients and answers each with a raw connection. */
export async function listenRaw(onPeer: (peer: RawPeer) => void): Promise<net.Server> {
  const server = net.createServer((socket) => {
    socket.setNoDelay();
    socket.on('error', () => undefined);
    void readHead(socket).then(({ head, rest }) => {
      const key = /sec-websocket-key: (\S+)/i.exec(head)![1]!;
      const accept = createHash('sha1')
        .update(key + GUID)
        .digest('base64');
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
          `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      onPeer(new RawPeer(socket, false, rest));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function readHead(socket: net.Socket): Promise<{ head: string; rest: Buffer }> {
  return new Promise((resolve, reject) => {
    let data: Buffer = Buffer.alloc(0);
    const onData = (chunk: Buffer): void => {
      data = Buffer.concat([data, chunk]);
      const end = data.indexOf('\r\n\r\n');
      if (end < 0) return;
      socket.off('data', onData);
      resolve({ head: data.subarray(0, end).toString('latin1'), rest: data.subarray(end + 4) });
    };
    socket.on('data', onData);
    socket.once('close', () => reject(new Error('closed during the handshake')));
  });
}
