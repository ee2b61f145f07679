/**
 * `npm run soak -- [--connections N] [--time SECONDS] [--churn N] [--processes N] [--kills N] [--faults] [--netem
 * ARGS] [--subscribers N] [--short]`
 *
 * A server process and processes of clients on loopback. Some connections stay open and exchange messages with a
 * digest and a number; others open and close. The server cuts some, and whole client processes are killed. The run
 * prints its results, and fails if a promise was broken. `--faults` puts a bad network between them (proxy.ts): bytes
 * are late, cut into pieces, joined or slow, and a quarter of the connections end at some byte. `--netem 'loss 1%
 * delay 20ms'` runs everything in a network namespace with these faults (root and iproute2 are needed).
 *
 * Without `--faults`, topics with 10,000 subscribers follow, a third of which do not read (test/topics/slow-subscribers.ts).
 * This needs 10,100 open files in each of two processes (`ulimit -Hn`). `--subscribers 0` leaves it out.
 */
import assert from 'node:assert/strict';
import { fork, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { runSlowSubscribers } from '../topics/slow-subscribers.js';
import { nothingYet } from './protocol.js';
import type { ClientCount, FaultCount, Load, ServerSample } from './protocol.js';

const { values } = parseArgs({
  options: {
    connections: { type: 'string' },
    time: { type: 'string' },
    churn: { type: 'string' },
    processes: { type: 'string' },
    kills: { type: 'string' },
    faults: { type: 'boolean', default: false },
    netem: { type: 'string' },
    subscribers: { type: 'string' },
    short: { type: 'boolean', default: false },
  },
});
const SHORT = { connections: 400, time: 10, churn: 1000, processes: 2, kills: 1 };
const LONG = { connections: 10_000, time: 600, churn: 100_000, processes: 4, kills: 10 };
// A proxy carries every byte twice, in small pieces.
const FAULTY_SHORT = { connections: 200, time: 10, churn: 500, processes: 2, kills: 1 };
const FAULTY = { connections: 600, time: 150, churn: 2000, processes: 2, kills: 4 };
const plan = { ...(values.faults ? (values.short ? FAULTY_SHORT : FAULTY) : values.short ? SHORT : LONG) };
for (const name of Object.keys(plan) as (keyof typeof plan)[]) {
  if (values[name] !== undefined) plan[name] = Number(values[name]);
}

const MIB = 1 << 20;
const say = (text: string): void => void process.stdout.write(`${text}\n`);

if (values.netem !== undefined && process.env['WSPC_SOAK_INSIDE'] === undefined) {
  const inside = `ip link set lo up && tc qdisc add dev lo root netem ${values.netem} && exec "$@"`;
  const { status } = spawnSync(
    'unshare',
    ['--net', 'sh', '-c', inside, 'sh', process.execPath, ...process.argv.slice(1)],
    {
      stdio: 'inherit',
      env: { ...process.env, WSPC_SOAK_INSIDE: '1' },
    },
  );
  process.exit(status ?? 1);
}

interface Clients {
  readonly child: ChildProcess;
  count: ClientCount | null;
  readonly done: Promise<void>;
}

function startClients(load: Load): Clients {
  const child = fork(path.join(__dirname, 'clients.js'), [JSON.stringify(load)]);
  const clients: Clients = { child, count: null, done: once(child, 'exit').then(() => undefined) };
  child.on('message', (message: ClientCount) => (clients.count = message));
  return clients;
}

interface Proxy {
  readonly port: number;
  /** Ends it, and returns its counts. */
  readonly stop: () => Promise<FaultCount>;
}

async function startProxy(serverPort: number): Promise<Proxy> {
  const child = fork(path.join(__dirname, 'proxy.js'), [String(serverPort), '1']);
  let count: FaultCount | null = null;
  const port = await new Promise<number>((resolve) => {
    child.on('message', (message: { kind: string; port: number }) => {
      if (message.kind === 'listening') resolve(message.port);
      else count = message as unknown as FaultCount;
    });
  });
  const exited = once(child, 'exit');
  return {
    port,
    stop: async () => {
      child.send('end');
      await exited;
      return count!;
    },
  };
}

/** The slope by least squares: units of y for one unit of x. */
function slopeOf(points: readonly (readonly [number, number])[]): number {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const x = mean(points.map(([at]) => at));
  const y = mean(points.map(([, value]) => value));
  const over = points.reduce((sum, [at, value]) => sum + (at - x) * (value - y), 0);
  return over / points.reduce((sum, [at]) => sum + (at - x) ** 2, 0);
}

async function main(): Promise<void> {
  const server = fork(path.join(__dirname, 'server.js'), ['2']);
  const samples: ServerSample[] = [];
  let closed: { memory: number; size: number } | null = null;
  const port = await new Promise<number>((resolve) => {
    server.on('message', (message: { kind: string; port: number; memory: number; size: number }) => {
      if (message.kind === 'listening') resolve(message.port);
      else if (message.kind === 'closed') closed = message;
      else samples.push(message as unknown as ServerSample);
    });
  });
  const serverDone = once(server, 'exit');
  const proxy = values.faults ? await startProxy(port) : null;
  // Connections that were just ended are being opened again.
  const enough = plan.connections * (values.faults ? 0.8 : 1);
  const loadOf = (index: number, churn: number): Load => ({
    port: proxy?.port ?? port,
    faulty: values.faults,
    connections: Math.floor(plan.connections / plan.processes),
    churn,
    window: 8,
    // About 250 exchanges a second over all connections: the load comes from the number of connections.
    pause: plan.connections * (values.faults ? 4 : 8),
    localAddress: `127.0.0.${2 + index}`,
    seed: 1 + index,
  });
  const killed: Clients[] = [];
  const running = Array.from({ length: plan.processes }, (_, index) =>
    startClients(loadOf(index, Math.floor(plan.churn / plan.processes))),
  );
  const totals = (): ClientCount => {
    const sum = nothingYet();
    for (const { count } of [...killed, ...running]) {
      if (count === null) continue;
      for (const key of ['opened', 'messages', 'bytes', 'churned', 'closedClean', 'lost'] as const)
        sum[key] += count[key];
      sum.faults.push(...count.faults);
    }
    for (const { count } of running) sum.open += count?.open ?? 0;
    return sum;
  };
  const started = performance.now();
  // Kills begin when all connections are open, at random points of the remaining time.
  const kills = Array.from({ length: plan.kills }, () => (0.3 + 0.6 * Math.random()) * plan.time).sort(
    (a, b) => a - b,
  );
  let most = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const seconds = (performance.now() - started) / 1000;
      const sum = totals();
      most = Math.max(most, sum.open, samples.at(-1)?.size ?? 0);
      if (kills.length > 0 && seconds >= kills[0]!) {
        kills.shift();
        // A client process of this run.
        const index = Math.floor(Math.random() * running.length);
        const victim = running[index]!;
        victim.child.kill('SIGKILL');
        killed.push(victim);
        // Its successor takes over its remaining churn.
        const churned = victim.count?.churned ?? 0;
        const had = Math.floor(plan.churn / plan.processes);
        running[index] = startClients(loadOf(index, Math.max(0, had - churned)));
      }
      // The time is for the held connections. The churn may take up to three times as long.
      const isDone =
        sum.churned >= Math.floor(plan.churn / plan.processes) * plan.processes && most >= enough;
      if (seconds >= (isDone ? plan.time : plan.time * 3)) {
        clearInterval(timer);
        resolve();
      }
    }, 250);
  });
  for (const { child } of running) if (child.connected) child.send('end');
  await Promise.all(running.map(({ done }) => done));
  const sum = totals();
  const faults = (await proxy?.stop()) ?? null;
  server.send('end');
  await serverDone;
  await report(sum, most, samples, closed, faults);
}

async function report(
  sum: ClientCount,
  most: number,
  samples: readonly ServerSample[],
  closed: { memory: number; size: number } | null,
  faults: FaultCount | null,
): Promise<void> {
  // Only samples with all connections count, without the first quarter, which is for warming up.
  const full = samples.filter(({ size }) => size >= (faults === null ? 0.8 : 0.6) * plan.connections);
  const steady = full.slice(Math.floor(full.length / 4));
  const slope = slopeOf(steady.map(({ at, memory }) => [at / 60_000, memory] as const));
  const p99s = samples.map(({ p99 }) => p99).sort((a, b) => a - b);
  const memory = Math.max(...samples.map((sample) => sample.memory));
  say(
    `machine: ${os.cpus().length} × ${os.cpus()[0]?.model ?? '?'}, Node ${process.version}, Linux ${os.release()}`,
  );
  say(
    `load: ${plan.connections} connections in ${plan.processes} processes, ${plan.time} s, churn ${plan.churn}, ${plan.kills} kills`,
  );
  if (values.netem !== undefined) say(`network: ${values.netem}`);
  if (faults !== null) {
    const { delayed, split, joined, throttled, halfClosed, reset, cut } = faults;
    say(
      `network: ${faults.connections} connections carried, ${(faults.bytes / MIB).toFixed(0)} MiB; directions ${delayed} delayed, ` +
        `${split} in pieces, ${joined} joined, ${throttled} throttled; ended at some byte: ${halfClosed} half closed, ` +
        `${reset} reset, ${cut} cut`,
    );
  }
  say(`connections: ${most} at a time, ${sum.opened} opened, ${sum.churned} of them churned`);
  say(`ends: ${sum.closedClean} clean, ${sum.lost} cut`);
  say(`messages: ${sum.messages} echoed and checked, ${(sum.bytes / MIB).toFixed(0)} MiB`);
  say(
    `server memory in use: ${(memory / MIB).toFixed(1)} MiB at most, slope ${(slope / MIB).toFixed(3)} MiB a minute, ` +
      `${((closed?.memory ?? NaN) / MIB).toFixed(1)} MiB after all have gone`,
  );
  say(
    `server event loop delay, 99th percentile of 2 s: median ${p99s[p99s.length >> 1]?.toFixed(1)} ms, most ${p99s.at(-1)?.toFixed(1)} ms`,
  );
  const checks: [string, () => void | Promise<void>][] = [
    ['no message lost, changed, doubled or out of order', () => assert.deepEqual(sum.faults, [])],
    ['messages were exchanged', () => assert.ok(sum.messages > 0)],
    // A tenth, since kills and cuts take their share; with faults, a third.
    [
      'the connections were there at a time',
      () => assert.ok(most >= plan.connections * (faults === null ? 0.9 : 0.67), String(most)),
    ],
    [
      'all churn was done',
      () =>
        assert.ok(
          sum.churned >= Math.floor(plan.churn / plan.processes) * plan.processes,
          String(sum.churned),
        ),
    ],
    ['no connection is left on the server', () => assert.equal(closed?.size, 0)],
    [
      'what is left when all have gone is below 64 MiB',
      () => assert.ok((closed?.memory ?? Infinity) < 64 * MIB),
    ],
  ];
  // A slope through a few points has no meaning.
  if (steady.length >= 30) {
    checks.push(['memory is flat: below 4 MiB a minute', () => assert.ok(slope < 4 * MIB, String(slope))]);
  }
  if (faults !== null) {
    const least = Math.min(...Object.values(faults).filter((value) => typeof value === 'number'));
    checks.push(['every kind of fault happened', () => assert.ok(least > 0)]);
    checks.push(['connections ended cleanly all the same', () => assert.ok(sum.closedClean > 0)]);
  }
  const subscribers = Number(values.subscribers ?? (faults === null ? 10_000 : 0));
  for (const policy of subscribers === 0 ? [] : (['drop', 'close', 'wait'] as const)) {
    checks.push([
      `${subscribers} subscribers, a third of them slow: ${policy}`,
      async () => {
        const { deliveries, held, heldByOne, buffers } = await runSlowSubscribers(policy, subscribers);
        say(
          `${policy}: ${deliveries} deliveries; ${(held / MIB).toFixed(0)} MiB waited at most, ${heldByOne} bytes for one; ` +
            `${(buffers / MIB).toFixed(1)} MiB of buffers held them`,
        );
      },
    ]);
  }
  let failed = 0;
  for (const [name, check] of checks) {
    try {
      await check();
      say(`ok: ${name}`);
    } catch (error) {
      failed++;
      say(`FAILED: ${name}: ${(error as Error).message}`);
    }
  }
  say(`${checks.length - failed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

void main();
