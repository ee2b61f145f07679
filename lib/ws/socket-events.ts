/** The events of the emitter `WebSocket`, with their arguments. */
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { RawData } from './data.js';

export interface SocketEvents {
  open: [];
  message: [data: RawData, isBinary: boolean];
  ping: [data: Buffer];
  pong: [data: Buffer];
  error: [error: Error];
  close: [code: number, reason: Buffer];
  upgrade: [response: IncomingMessage];
  redirect: [url: string, request: ClientRequest];
  'unexpected-response': [request: ClientRequest, response: IncomingMessage];
}
