/** The wire benches: servers of all contenders side by side. The load comes from one more process, in C. */
import { execFile, fork, spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { answer, environmentOf, moduleOf, summaryOf } from '../interleave.mjs';
import { ratio, render } from '../tables.mjs';

const KIB = 1024;
const MIB = KIB * KIB;

const echo = (connections, depth, size, sizeName, target, others = []) => ({
  id: `echo-${connections}x${depth}-${size}`,
  title: `${connections} connection${connections === 1 ? '' : 's'}, ${depth} deep, ${sizeName}`,
  connections,
  depth,
  size,
  target,
  others,
});

export const ECHO_ROWS = [
  echo(1, 1, 32, '32 B', 1),
  echo(64, 1, 32, '32 B', 1.2),
  echo(1, 64, 32, '32 B', 14),
  echo(64, 16, 125, '125 B', 7.5),
  echo(16, 4, KIB, '1 KiB', 2.8),
  echo(1, 8, 16 * KIB, '16 KiB', 5),
  echo(1, 2, MIB, '1 MiB', 6, ['ours-stream']),
];

const CONTENDERS = ['ws', 'ws+native', 'websocket-driver', 'uwebsockets', 'net', 'ours-session', 'ours'];
const COUNTS = [1, 10, 100, 1000, 10_000];

const run = promisify(execFile);

function compile() {
  const folder = fileURLToPath(new URL('../../.cache/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  const source = fileURLToPath(new URL('load.c', import.meta.url));
  const program = `${folder}bench-load`;
  const { status } = spawnSync('cc', ['-O2', '-o', program, source], { stdio: ['ignore', 2, 2] });
  return status === 0 ? program : null;
}

/** Starts the server of a contender. */
async function start(contender) {
  const script = new URL('server.mjs', import.meta.url);
  const child = fork(script, [moduleOf(contender)], {
    env: environmentOf(contender),
    execArgv: ['--expose-gc'],
  });
  const { port } = await answer(child);
  const ask = (question) => {
    child.send(question);
    return answer(child);
  };
  return { contender, child, port, ask, rates: [], costs: [], trips: [] };
}

async function load(program, ...parameters) {
  const { stdout } = await run(program, parameters.map(String));
  return JSON.parse(stdout);
}

const microseconds = ({ user, system }) => user + system;

/** Measures one round: messages per second, and microseconds of the server's processor time per message. */
async function measure(server, program, parameters, warm, time, rounds) {
  const [mode, ...rest] = parameters;
  const before = microseconds(await server.ask('cpu'));
  const result = await load(program, mode, server.port, ...rest, warm, time);
  const spent = microseconds(await server.ask('cpu')) - before;
  if (!rounds) return;
  server.rates.push(result.perSecond);
  server.costs.push(spent / ((result.perSecond * (warm + time)) / 1000));
  server.trips.push(result.p99);
}

async function row(program, contenders, parameters, pace) {
  const servers = [];
  try {
    for (const contender of contenders) {
      const server = await start(contender);
      servers.push(server);
      await measure(server, program, parameters, 0, pace.warm, false);
    }
    for (let turn = 0; turn < pace.rounds; turn++) {
      for (const server of servers)
        await measure(server, program, parameters, pace.warm / 4, pace.time, true);
    }
  } finally {
    for (const { child } of servers) child.kill();
  }
  return Object.fromEntries(
    servers.map(({ contender, rates, costs, trips }) => [
      contender,
      { rate: summaryOf(rates), cost: summaryOf(costs), p99: summaryOf(trips) },
    ]),
  );
}

/** Ratios to ws, of messages per second and of processor time per message. Higher is better in both. */
export function wireTable(rows, contenders) {
  const others = contenders.filter((name) => name !== 'ws');
  const head = [
    'work',
    'ws, a second',
    ...others,
    'target',
    'ours, a second',
    'ours, CPU each',
    'ws, CPU each',
  ];
  return render(
    head,
    rows.map(({ title, target, results }) => [
      title,
      Math.round(results.ws.rate.median).toLocaleString('en'),
      ...others.map((name) => {
        const it = results[name];
        if (it === undefined) return '-';
        const { rate, cost } = results.ws;
        return `${ratio(it.rate.median / rate.median)} (${ratio(cost.median / it.cost.median)})`;
      }),
      target === undefined ? '' : String(target),
      Math.round(results.ours.rate.median).toLocaleString('en'),
      `${results.ours.cost.median.toPrecision(3)} µs`,
      `${results.ws.cost.median.toPrecision(3)} µs`,
    ]),
  );
}

/** Bytes of an open, silent connection. */
async function idle(program, contender, count) {
  const server = await start(contender);
  try {
    // The first connections load code and tables that are needed only once.
    await hold(program, server.port, 200, () => undefined);
    const before = await server.ask('memory');
    return await hold(program, server.port, count, async () => {
      const after = await server.ask('memory');
      return {
        resident: (after.rss - before.rss) / count,
        heap: (after.heapUsed - before.heapUsed) / count,
      };
    });
  } finally {
    server.child.kill();
  }
}

async function hold(program, port, count, during) {
  const holder = spawn(program, ['idle', String(port), String(count)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await new Promise((resolve, reject) => {
    holder.stdout.once('data', resolve);
    holder.once('exit', () => reject(new Error('the load ended')));
  });
  const result = await during();
  holder.stdin.end();
  await new Promise((resolve) => holder.once('exit', resolve));
  return result;
}

/** The delay of the event loop while 64 connections keep it busy. */
async function delay(program, contender, time) {
  const server = await start(contender);
  try {
    await load(program, 'echo', server.port, 64, 4, KIB, 0, time / 2);
    await server.ask('delay');
    await load(program, 'echo', server.port, 64, 4, KIB, 0, time);
    return await server.ask('delayed');
  } finally {
    server.child.kill();
  }
}

export async function runWire({ isWanted, pace: { rounds }, quick }) {
  const pace = { rounds: quick ? 3 : rounds, warm: quick ? 60 : 400, time: quick ? 100 : 400 };
  const report = {};
  const group = (id) => isWanted({ id });
  const echoRows = ECHO_ROWS.filter(isWanted);
  const counts = quick ? [] : COUNTS.filter((count) => isWanted({ id: `connections-${count}` }));
  if (![...echoRows, ...counts].length && !['handshake', 'idle', 'delay'].some(group)) return report;
  const program = process.platform === 'linux' ? compile() : null;
  if (program === null) {
    console.log('The wire benches need Linux and a C compiler, which make the load.');
    return report;
  }

  report.echo = [];
  for (const each of echoRows) {
    process.stderr.write(`${each.id} ...\n`);
    const parameters = ['echo', each.connections, each.depth, each.size];
    report.echo.push({
      ...each,
      results: await row(program, [...CONTENDERS, ...each.others], parameters, pace),
    });
  }
  if (report.echo.length !== 0) {
    console.log(`## Echo over loopback: messages a second against ws (processor time against ws)\n`);
    console.log(wireTable(report.echo, [...CONTENDERS, 'ours-stream']));
  }

  if (group('handshake')) {
    process.stderr.write('handshake ...\n');
    const contenders = ['ws', 'websocket-driver', 'uwebsockets', 'http', 'http+6µs', 'http+9µs', 'ours'];
    const results = await row(program, contenders, ['handshake', 32], pace);
    report.handshake = [{ title: 'handshakes, 32 at a time', target: 1.2, results }];
    console.log(`## Opening handshakes\n\n${wireTable(report.handshake, contenders)}`);
  }

  if (group('idle')) {
    const count = quick ? 2000 : 10_000;
    const contenders = ['ws', 'websocket-driver', 'uwebsockets', 'http', 'net', 'ours'];
    report.idle = {};
    for (const contender of contenders) {
      process.stderr.write(`idle ${contender} ...\n`);
      report.idle[contender] = await idle(program, contender, count);
    }
    const rows = contenders.map((name) => [
      name,
      Math.round(report.idle[name].resident).toLocaleString('en'),
      Math.round(report.idle[name].heap).toLocaleString('en'),
    ]);
    console.log(`## An idle connection, of ${count.toLocaleString('en')}, in bytes\n`);
    console.log(render(['server', 'resident', 'JavaScript heap'], rows));
  }

  report.connections = [];
  for (const count of counts) {
    process.stderr.write(`connections-${count} ...\n`);
    const results = await row(program, ['ws', 'ours'], ['echo', count, 1, 125], {
      ...pace,
      rounds: Math.min(rounds, 3),
      time: 1000,
    });
    report.connections.push({ title: `${count.toLocaleString('en')} connections, 1 deep, 125 B`, results });
  }
  if (report.connections.length !== 0) {
    console.log(`## Cost over active connections\n\n${wireTable(report.connections, ['ws', 'ours'])}`);
  }

  if (group('delay') && !quick) {
    report.delay = {};
    for (const contender of ['ws', 'uwebsockets', 'ours'])
      report.delay[contender] = await delay(program, contender, 2000);
    const rows = Object.entries(report.delay).map(([name, each]) =>
      [name, each.p50, each.p99, each.max].map((value) =>
        typeof value === 'string' ? value : value.toFixed(2),
      ),
    );
    console.log(`## Delay of the event loop under load (64 connections, 4 deep, 1 KiB), in ms\n`);
    console.log(render(['server', 'p50', 'p99', 'most'], rows));
  }
  return report;
}
