/** `createWebSocketStream` of `ws`: makes a Duplex from a WebSocket. */
import { Duplex } from 'node:stream';
import type { DuplexOptions } from 'node:stream';
import type { WebSocket } from './websocket.js';

type Callback = (error?: Error | null) => void;

/**
 * Wraps a socket in a Duplex. Each received message is a chunk to read, and each written chunk is sent as a message.
 */
export function createWebSocketStream(socket: WebSocket, options: DuplexOptions = {}): Duplex {
  let terminates = true;
  // Programs call these functions without the stream as `this`, so they do not use `this`.
  const write = (chunk: unknown, encoding: BufferEncoding, callback: Callback): void => {
    if (socket.readyState === socket.CONNECTING) socket.once('open', () => write(chunk, encoding, callback));
    else socket.send(chunk, callback);
  };
  const final = (callback: Callback): void => {
    if (socket.readyState === socket.CONNECTING) {
      socket.once('open', () => stream._final(callback));
      return;
    }
    const transport = socket._socket;
    // The handshake has failed: the socket will emit `error`.
    if (transport === null) return;
    if (transport.writableFinished) {
      callback();
      if (stream.readableEnded) stream.destroy();
      return;
    }
    transport.once('finish', () => callback());
    socket.close();
  };
  const destroy = (error: Error | null, callback: Callback): void => {
    const end = (): void => {
      process.nextTick(() => stream.emit('close'));
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
    if (terminates) socket.terminate();
  };
  const stream = new Duplex({
    ...options,
    autoDestroy: false,
    emitClose: false,
    objectMode: false,
    writableObjectMode: false,
    read: () => {
      if (socket.isPaused) socket.resume();
    },
    write,
    final,
    destroy,
  });
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    const chunk = !isBinary && stream.readableObjectMode ? data.toString() : data;
    if (!stream.push(chunk)) socket.pause();
  });
  socket.once('error', (error: Error) => {
    if (stream.destroyed) return;
    // The socket has failed and ends by itself: `terminate` is not needed.
    terminates = false;
    stream.destroy(error);
  });
  socket.once('close', () => {
    if (!stream.destroyed) stream.push(null);
  });
  stream.on('end', () => {
    if (!stream.destroyed && stream.writableFinished) stream.destroy();
  });
  const onError = (error: Error): void => {
    stream.off('error', onError);
    stream.destroy();
    if (stream.listenerCount('error') === 0) stream.emit('error', error);
  };
  stream.on('error', onError);
  return stream;
}
