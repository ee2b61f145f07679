/** MQTT over WebSocket: the broker aedes on createWebSocketStream, two clients of mqtt with their `ws` redirected. */
import { once } from 'node:events';
import type { EventEmitter } from 'node:events';
import type { AddressInfo } from 'node:net';
import { load, loadModule, ours, report } from './redirected.js';

interface Broker {
  handle(stream: unknown): void;
  close(done: () => void): void;
}
interface Client extends EventEmitter {
  subscribeAsync(topic: string, options: object): Promise<unknown>;
  publishAsync(topic: string, message: string | Buffer, options: object): Promise<unknown>;
  endAsync(): Promise<void>;
  readonly stream: { readonly socket?: unknown };
}

const { connectAsync } = load('mqtt') as { connectAsync: (url: string, options?: object) => Promise<Client> };

report(async () => {
  const did: unknown[] = [];
  const { Aedes } = (await loadModule('aedes')) as { Aedes: { createBroker(): Promise<Broker> } };
  const broker = await Aedes.createBroker();
  const server = new ours.WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  server.on('connection', (socket: InstanceType<typeof ours.WebSocket>) => {
    did.push(['broker', socket.protocol]);
    broker.handle(ours.createWebSocketStream(socket));
  });
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const subscriber = await connectAsync(url);
  const publisher = await connectAsync(url);
  await subscriber.subscribeAsync('topic/#', { qos: 2 });
  for (const [qos, message] of [Buffer.from('small'), Buffer.alloc(300_000, 5), Buffer.alloc(0)].entries()) {
    const arrived = once(subscriber, 'message') as Promise<[string, Buffer]>;
    await publisher.publishAsync(`topic/${qos}`, message, { qos });
    const [topic, payload] = await arrived;
    did.push([topic, message.equals(payload)]);
  }
  await publisher.endAsync();
  await subscriber.endAsync();
  await new Promise<void>((resolve) => broker.close(resolve));
  server.close();
  await once(server, 'close');
  return did;
});
