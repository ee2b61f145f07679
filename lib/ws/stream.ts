/** A WebSocket as a Duplex, as `ws` makes them. */
import { Duplex } from 'node:stream';
import type { DuplexOptions } from 'node:stream';
import type { WebSocket } from './websocket.js';

class WebSocketStream extends Duplex {
  readonly #socket: WebSocket;
  #terminates = true;

  constructor(socket: WebSocket, options: DuplexOptions) {
    super({
      ...options,
      autoDestroy: false,
      emitClose: false,
      objectMode: false,
      writableObjectMode: false,
    });
    this.#socket = socket;
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      const chunk = !isBinary && this.readableObjectMode ? data.toString() : data;
      if (!this.push(chunk)) socket.pause();
    });
    socket.once('error', (error: Error) => {
      if (this.destroyed) return;
      // The socket has ended by itself.
      this.#terminates = false;
      this.destroy(error);
    });
    socket.once('close', () => {
      if (!this.destroyed) this.push(null);
    });
    this.on('end', () => {
      if (!this.destroyed && this.writableFinished) this.destroy();
    });
    this.on('error', this.#onError);
  }

  readonly #onError = (error: Error): void => {
    this.off('error', this.#onError);
    this.destroy();
    if (this.listenerCount('error') === 0) this.emit('error', error);
  };

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const socket = this.#socket;
    const end = (): void => {
      process.nextTick(() => this.emit('close'));
    };
    if (socket.readyState === socket.CLOSED) {
      callback(error);
      end();
      return;
    }
    let isCalled = false;
    socket.once('error', (failure: Error) => {
      isCalled = true;
      callback(failure);
    });
    socket.once('close', () => {
      if (!isCalled) callback(error);
      end();
    });
    if (this.#terminates) socket.terminate();
  }

  override _final(callback: (error?: Error | null) => void): void {
    const socket = this.#socket;
    if (socket.readyState === socket.CONNECTING) {
      socket.once('open', () => this._final(callback));
      return;
    }
    const transport = socket._socket;
    if (transport === null) return;
    if (transport.writableFinished) {
      callback();
      if (this.readableEnded) this.destroy();
      return;
    }
    transport.once('finish', () => callback());
    socket.close();
  }

  override _read(): void {
    if (this.#socket.isPaused) this.#socket.resume();
  }

  override _write(chunk: unknown, encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    const socket = this.#socket;
    if (socket.readyState === socket.CONNECTING) {
      socket.once('open', () => this._write(chunk, encoding, callback));
      return;
    }
    socket.send(chunk, callback);
  }
}

/** Wraps a socket; its messages are the chunks. */
export function createWebSocketStream(socket: WebSocket, options: DuplexOptions = {}): Duplex {
  return new WebSocketStream(socket, options);
}
