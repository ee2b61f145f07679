/** The server of a soak. It echoes, cuts a connection now and then, and reports its state. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { listen } from '../../lib/index.js';
import type { Connection } from '../../lib/index.js';
import { memoryInUse } from '../hostile/figures.js';
import { portOf } from '../hostile/roles.js';
import type { ServerSample } from './protocol.js';

const SAMPLE_EVERY = 2000;
const cutsPerSample = Number(process.argv[2]);

async function main(): Promise<void> {
  const server = await listen({ host: '0.0.0.0', backlog: 4096, handshakeTimeout: 60_000 });
  server.on('connection', (connection) => {
    connection.on('message', (message) => void connection.send(message));
  });
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  process.send!({ kind: 'listening', port: portOf(server) });
  const timer = setInterval(() => {
    const sample: ServerSample = {
      kind: 'sample',
      at: performance.now(),
      size: server.size,
      p99: delay.percentile(99) / 1e6,
      memory: memoryInUse(),
      rss: process.memoryUsage.rss(),
    };
    delay.reset();
    process.send!(sample);
    cut(server.connections, cutsPerSample);
  }, SAMPLE_EVERY);
  process.on('message', () => {
    clearInterval(timer);
    void server.close().then(() => {
      process.send!({ kind: 'closed', memory: memoryInUse(), size: server.size });
      process.disconnect();
    });
  });
}

function cut(connections: readonly Connection[], count: number): void {
  for (let index = 0; index < count && connections.length > 0; index++) {
    const connection = connections[Math.floor(Math.random() * connections.length)]!;
    if (index % 2 === 0) connection.terminate();
    else void connection.close(1001, 'cut');
  }
}

void main();
