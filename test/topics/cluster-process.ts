/** A cluster of node:cluster whose workers have servers. It prints what its clients got, and exits. */
import cluster from 'node:cluster';
import type { Worker } from 'node:cluster';
import { connect } from '../../lib/index.js';
import { cluster as workers, clusterPrimary, relay } from '../../lib/topics/index.js';
import { listenHere, portOf } from '../support/open.js';

async function work(): Promise<void> {
  const server = await listenHere({ port: 0 }, (connection) => {
    connection.subscribe('news');
    connection.on('message', (message) => server.publish('news', message));
  });
  const joint = relay(server, workers());
  await joint.ready;
  // The subscription goes out when the first client subscribes.
  process.send!({ port: portOf(server) });
}

async function lead(serialization: 'json' | 'advanced'): Promise<void> {
  cluster.setupPrimary({ serialization });
  const end = clusterPrimary();
  const ports: number[] = [];
  const forked: Worker[] = [];
  for (let index = 0; index < 3; index++) {
    const worker = cluster.fork({ NODE_CLUSTER_SCHED_POLICY: 'none' });
    forked.push(worker);
    ports.push(
      await new Promise<number>((resolve) => {
        worker.on('message', (message: { port?: number }) => {
          if (message.port !== undefined) resolve(message.port);
        });
      }),
    );
  }
  const clients = await Promise.all(ports.map((port) => connect(`ws://127.0.0.1:${port}/`)));
  const got: string[][] = clients.map(() => []);
  for (const [index, client] of clients.entries())
    client.on('message', (message) => got[index]!.push(Buffer.from(message as Uint8Array).toString('hex')));
  // Again and again, until all subscriptions are known.
  while (got.some((all) => !all.includes('00ff80'))) {
    await clients[0]!.send(Buffer.from([0, 255, 128]));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  // A worker that dies leaves the others alone.
  forked[1]!.process.kill('SIGKILL');
  await clients[1]!.closed;
  await clients[2]!.send('last');
  while (![got[0]!, got[2]!].every((all) => all.includes('6c617374')))
    await new Promise((resolve) => setTimeout(resolve, 5));
  const counts = [0, 2].map((index) => got[index]!.filter((each) => each === '6c617374').length);
  process.stdout.write(JSON.stringify({ once: counts }));
  for (const client of clients) client.terminate();
  for (const worker of forked) worker.process.kill();
  end();
}

void (cluster.isPrimary ? lead(process.argv[2] as 'json') : work());
