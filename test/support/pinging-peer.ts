import { Duplex } from 'node:stream';
import type { DuplexOptions } from 'node:stream';
import { acceptOf, closeFrame, decode, frame } from './raw-peer.js';
import type { Frame } from './raw-peer.js';

/** When a write is done: during the call, in a microtask, or in a later turn of the event loop. */
export type Pace = 'at once' | 'in a microtask' | 'in a later turn';
export const PACES: readonly Pace[] = ['at once', 'in a microtask', 'in a later turn'];

export interface PingingPeerOptions extends Pick<DuplexOptions, 'writableHighWaterMark'> {
  /** The side of our code; the peer is the other side. */
  readonly side: 'client' | 'server';
  readonly pace?: Pace;
  /** Answer the request of an opening handshake first. Default: false, the connection is open. */
  readonly opens?: boolean;
}

/** Most pings: a ruined stream must not make the peer ping for ever. */
const MOST_PINGS = 10_000;

/**
 * A transport in memory with a peer that pings between any two writes: a ping arrives while a write is called, and
 * another one before it is done. The peer answers a close frame. It uses no code of this package.
 */
export class PingingPeer extends Duplex {
  /** All written frames, except for pongs that answer this peer's pings. */
  readonly frames: Frame[] = [];
  /** The payloads of the pongs, in order. */
  readonly pongs: string[] = [];
  /** Pings that were sent. */
  pings = 0;
  /** Writes of our side. */
  writes = 0;
  readonly #masked: boolean;
  readonly #pace: Pace;
  #isOpen: boolean;
  #hasEnded = false;
  #unread: Buffer = Buffer.alloc(0);

  constructor({ side, pace = 'at once', opens = false, writableHighWaterMark = 1024 }: PingingPeerOptions) {
    super({ writableHighWaterMark });
    this.#masked = side === 'server';
    this.#pace = pace;
    this.#isOpen = !opens;
  }

  /** Sends a frame to our side. */
  send(opcode: number, payload: Uint8Array | string, fin = true): void {
    this.push(frame(opcode, payload, { masked: this.#masked, fin }));
  }

  /** The whole messages that were written, fragments joined. Text is a string. */
  get messages(): (string | Buffer)[] {
    const messages: (string | Buffer)[] = [];
    let parts: Frame[] = [];
    for (const each of this.frames) {
      if (each.opcode >= 8) continue;
      parts.push(each);
      if (!each.fin) continue;
      const bytes = Buffer.concat(parts.map(({ payload }) => payload));
      messages.push(parts[0]!.opcode === 1 ? bytes.toString() : bytes);
      parts = [];
    }
    return messages;
  }

  /** Whether written bytes are only pongs for this peer's pings. Pings in answer to them would never end. */
  #arePongs(bytes: Buffer): boolean {
    if (this.#unread.length > 0) return false;
    for (let rest = bytes; rest.length > 0;) {
      const found = decode(rest);
      if (found?.frame.opcode !== 10 || found.frame.payload.length === 0) return false;
      rest = rest.subarray(found.size);
    }
    return true;
  }

  #ping(): void {
    if (!this.#isOpen || this.#hasEnded || this.destroyed || this.pings === MOST_PINGS) return;
    this.send(9, `ping ${++this.pings}`);
  }

  #take(chunk: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, chunk]);
    if (!this.#isOpen) this.#open();
    while (this.#isOpen) {
      const found = decode(this.#unread);
      if (found === null) return;
      this.#unread = this.#unread.subarray(found.size);
      const { opcode, payload } = found.frame;
      if (opcode === 10 && payload.length > 0) {
        this.pongs.push(payload.toString());
        continue;
      }
      this.frames.push(found.frame);
      if (opcode !== 8) continue;
      this.push(
        closeFrame(payload.length === 0 ? undefined : payload.readUInt16BE(), '', { masked: this.#masked }),
      );
      this.#end();
    }
  }

  #end(): void {
    if (!this.#hasEnded) this.push(null);
    this.#hasEnded = true;
  }

  #open(): void {
    const head = this.#unread.toString('latin1');
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    this.#unread = this.#unread.subarray(end + 4);
    const key = /sec-websocket-key: (.*)\r/i.exec(head)![1]!;
    this.push(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        `Sec-WebSocket-Accept: ${acceptOf(key)}\r\n\r\n`,
    );
    this.#isOpen = true;
  }

  override _read(): void {
    // Nothing to do: each write pushes.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.writes++;
    // A copy, since the written bytes may change in place afterwards.
    const bytes = Buffer.from(chunk);
    const arePongs = this.#arePongs(bytes);
    if (!arePongs) this.#ping();
    const done = (): void => {
      this.#take(bytes);
      if (!arePongs) this.#ping();
      callback();
    };
    if (this.#pace === 'at once') done();
    else if (this.#pace === 'in a microtask') queueMicrotask(done);
    else setImmediate(done);
  }

  override _final(callback: () => void): void {
    this.#end();
    callback();
  }
}
