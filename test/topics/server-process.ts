/** A server of its own, told by its parent what to do: `node server-process.js CLIENT PORT`. */
import { relay } from '../../lib/topics/index.js';
import { listenHere, portOf } from '../support/open.js';
import { CLIENTS } from './engines.js';
import type { ClientName } from './engines.js';

async function main(): Promise<void> {
  const [client, port] = process.argv.slice(2) as [ClientName, string];
  const joined = await CLIENTS[client].join(Number(port));
  const server = await listenHere({}, (connection) => void connection.subscribe('news'));
  const joint = relay(server, joined.transport);
  joint.on('up', () => process.send!({ event: 'up' }));
  joint.on('down', () => process.send!({ event: 'down' }));
  await joint.ready;
  process.on('message', ({ publish, prefix }: { publish?: number; prefix?: string }) => {
    for (let index = 0; index < (publish ?? 0); index++) server.publish('news', `${prefix} ${index}`);
    process.send!({ counters: joint.counters, subscribers: server.count('news') });
  });
  process.on('disconnect', () => process.exit());
  process.send!({ event: 'ready', port: portOf(server) });
}

void main();
