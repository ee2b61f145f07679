/** Broadcasts: processor time of the server for each delivery, the contenders in turn. */
import { fork } from 'node:child_process';
import { answer, environmentOf, summaryOf } from '../interleave.mjs';
import { duration, ratio, render } from '../tables.mjs';

const KIB = 1024;
const row = (connections, size, title, target, compressed = false) => ({
  id: `broadcast-${connections}x${size}${compressed ? '-compressed' : ''}`,
  title,
  connections,
  size,
  compressed,
  target,
});

export const BROADCAST_ROWS = [
  row(1000, 128, '1,000 x 128 B', 1.8),
  row(1000, 4 * KIB, '1,000 x 4 KiB', 1.9),
  row(100, 32 * KIB, '100 x 32 KiB', 1.1),
  row(1000, KIB, '1,000 x 1 KiB of JSON, compressed', 20, true),
];

const CONTENDERS = [
  'ws',
  'ws, drop-in',
  'ours, send',
  'ours, prepared',
  'ours, broadcast',
  'ours, publish',
  'uwebsockets',
  'net',
];

async function measure(each, { rounds, milliseconds }) {
  const running = [];
  try {
    for (const contender of CONTENDERS) {
      const parameters = JSON.stringify(each);
      const server = fork(new URL('server.mjs', import.meta.url), [contender, parameters], {
        env: environmentOf(contender),
      });
      const ports = await answer(server);
      if (ports.absent === true) {
        server.kill();
        continue;
      }
      const reader = fork(new URL('reader.mjs', import.meta.url), [parameters]);
      running.push({ contender, server, reader, values: [] });
      await answer(reader);
      reader.send(ports);
      await answer(reader);
      server.send({ milliseconds });
      await answer(server);
    }
    for (let turn = 0; turn < rounds; turn++) {
      for (const { server, values } of running) {
        server.send({ milliseconds });
        values.push((await answer(server)).value);
      }
    }
  } finally {
    for (const { server, reader } of running) {
      server.kill();
      reader.kill();
    }
  }
  return Object.fromEntries(running.map(({ contender, values }) => [contender, summaryOf(values)]));
}

/** Ratios of medians against ws (higher is less processor time). */
function table(rows) {
  const others = CONTENDERS.filter((name) => name !== 'ws');
  return render(
    ['broadcast', 'ws, a delivery', ...others, 'target'],
    rows.map(({ title, target, results }) => [
      title,
      duration(results.ws.median),
      ...others.map((name) => ratio(results.ws.median / results[name]?.median)),
      String(target),
    ]),
  );
}

export async function runBroadcast({ isWanted, pace: { rounds }, quick }) {
  const results = [];
  for (const each of BROADCAST_ROWS.filter(isWanted)) {
    process.stderr.write(`${each.id} ...\n`);
    results.push({ ...each, results: await measure(each, { rounds, milliseconds: quick ? 200 : 600 }) });
  }
  if (results.length !== 0)
    console.log(`## One message to many: processor time a delivery, against ws\n\n${table(results)}`);
  return results;
}
