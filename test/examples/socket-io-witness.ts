/**
 * Loaded before the server of an example, with `node --require`. Prints at the end of the process how many connections
 * of this package it had, their messages, and the frames that went through `_sender.sendFrame`.
 */
import { subscribe } from 'node:diagnostics_channel';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Connection } from '../../lib/index.js';

const connections: Connection[] = [];
subscribe('websocket-protocol-component:open', (event) => {
  connections.push((event as { connection: Connection }).connection);
});

// The program resolves the drop-in from its own folder.
const load = createRequire(path.join(process.cwd(), 'server.mjs'));
interface Sender {
  sendFrame(...args: unknown[]): void;
}
const { WebSocket } = load('websocket-protocol-component/ws') as { WebSocket: { prototype: object } };
let framed = 0;
const { get } = Object.getOwnPropertyDescriptor(WebSocket.prototype, '_sender')!;
Object.defineProperty(WebSocket.prototype, '_sender', {
  configurable: true,
  get(this: object) {
    const sender = get!.call(this) as Sender | null;
    return sender && { sendFrame: (...args: unknown[]) => (framed++, sender.sendFrame(...args)) };
  },
});

process.once('exit', () => {
  const messages = connections.reduce(
    (sum, { counters }) => sum + counters.messagesReceived + counters.messagesSent,
    0,
  );
  process.stdout.write(`evidence ${JSON.stringify({ opened: connections.length, messages, framed })}\n`);
});
