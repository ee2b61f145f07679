/** The events of the emitter `WebSocket`, with their arguments. */
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { RawData } from './data.js';

export interface SocketEvents {
  /** The connection is open. */
  open: [];
  /** A whole message; `binaryType` decides the class of `data`. Text is bytes as well: `data.toString()`. */
  message: [data: RawData, isBinary: boolean];
  /** A ping, which has been answered. Portable backend only. */
  ping: [data: Buffer];
  /** A pong. */
  pong: [data: Buffer];
  /** The connection failed or could not be opened; `close` follows. Without a listener the error is thrown. */
  error: [error: Error];
  /** The connection has ended; the last event. */
  close: [code: number, reason: Buffer];
  /** The server's answer has come; before `open`. */
  upgrade: [response: IncomingMessage];
  /** A redirect is followed. */
  redirect: [url: string, request: ClientRequest];
  /** The server answered without switching protocols. With a listener the program has to end the request. */
  'unexpected-response': [request: ClientRequest, response: IncomingMessage];
}
