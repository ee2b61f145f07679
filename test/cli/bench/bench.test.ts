import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import type { Server } from '../../../lib/opening/index.js';
import { Latencies } from '../../../lib/cli/bench/latencies.js';
import { listenHere, portOf } from '../../support/open.js';
import { Program } from '../../support/program.js';
import { Terminal } from '../../support/terminal.js';
import { WSPC, wspc } from '../../support/wspc.js';

interface Report {
  readonly messages: number;
  readonly rate: number;
  readonly seconds: number;
  readonly latency: Readonly<Record<'mean' | 'p50' | 'p90' | 'p99' | 'p99.9' | 'max', number>>;
  readonly histogram: readonly { readonly from: number; readonly to: number; readonly count: number }[];
}

describe('the latencies of a bench', () => {
  it('have percentiles, and buckets that leave nothing out', () => {
    const latencies = new Latencies();
    for (let number = 1; number <= 1000; number++) latencies.add(number / 100);
    latencies.add(0);
    assert.equal(latencies.count, 1001);
    assert.ok(Math.abs(latencies.percentile(50) - 5) < 0.1);
    assert.ok(Math.abs(latencies.percentile(99) - 9.9) < 0.1);
    assert.ok(Math.abs(latencies.max - 10) < 0.1);
    const buckets = latencies.buckets();
    assert.equal(
      buckets.reduce((sum, { count }) => sum + count, 0),
      1001,
    );
    for (let index = 1; index < buckets.length; index++)
      assert.equal(buckets[index]!.from, buckets[index - 1]!.to);
    assert.equal(buckets.find(({ from, to }) => from <= 5 && 5 < to)!.count > 300, true);
  });
});

describe('wspc bench', function () {
  this.timeout(20_000);
  let server: Server;
  let url: string;
  let received: number;
  before(async () => {
    server = await listenHere({}, async (connection) => {
      for await (const message of connection) {
        received++;
        await connection.send(message);
      }
    });
    url = `ws://127.0.0.1:${portOf(server)}/`;
  });
  beforeEach(() => (received = 0));
  after(() => server.close());

  it('measures what the server has answered', async () => {
    const args = ['-c', '3', '-d', '0.5', '--size', '10', '--in-flight', '4', '--json'];
    const { status, stdout, stderr } = await wspc(['bench', ...args, url.replace('//', '//me:secret@')]);
    assert.deepEqual([status, stderr], [0, '']);
    const report = JSON.parse(stdout.toString()) as Report;
    assert.equal(stdout.includes('secret'), false);
    const { messages, rate, seconds, latency, histogram } = report;
    // Those on their way at the end are not counted.
    assert.ok(
      messages > 12 && messages <= received && received <= messages + 2 * 12,
      `${messages} of ${received}`,
    );
    assert.equal(rate, messages / seconds);
    assert.equal(
      histogram.reduce((sum, { count }) => sum + count, 0),
      messages,
    );
    const { p50, p90, p99, max } = latency;
    assert.ok(p50 > 0 && p50 <= p90 && p90 <= p99 && p99 <= max * 1.01);
  });

  it('prints rate, latencies and a histogram', async () => {
    const { stdout } = await wspc(['bench', '-c', '1', '-d', '0.3', '-b', url]);
    const text = stdout.toString();
    assert.match(text, /: 1 connection, 1 in flight on each, 64 bytes$/m);
    assert.match(text, /^rate +[\d,]+ messages\/s, \d+\.\d\d MB\/s each way$/m);
    assert.match(text, /^p50 +[\d.]+ ms\n(p90|p99|p99\.9|max| .* ms)/m);
    assert.match(text, /^ +[\d.]+ ms to [\d.]+ ms {2}█+ +[\d,]+$/m);
  });

  it('prints what it has at Ctrl-C', async () => {
    const program = new Program(process.execPath, [WSPC, 'bench', '-d', '100', '-c', '1', url]);
    const until = (): Promise<void> =>
      new Promise((resolve) => {
        const look = setInterval(() => {
          if (received < 5) return;
          clearInterval(look);
          resolve();
        }, 10);
      });
    await until();
    program.signal('SIGINT');
    assert.equal(await program.ended(), 130);
    assert.match(program.output, /^messages +[\d,]+ in \d+\.\d s$/m);
  });

  it('has a line of progress on a terminal', async function () {
    if (spawnSync('tmux', ['-V']).status !== 0) this.skip();
    const terminal = await Terminal.start(`'${process.execPath}' '${WSPC}' bench -d 2 ${url}`);
    try {
      await terminal.shows(/^█+░+ \d\.\d of 2 s, [\d,]+ messages\/s$/m);
      await terminal.shows(/^ended with 0$/m);
      assert.equal((await terminal.screen()).includes('░'), false);
    } finally {
      await terminal.close();
    }
  });

  it('refuses servers that send more messages than they get', async () => {
    const many = await listenHere({}, async (connection) => {
      for await (const message of connection)
        for (let number = 0; number < 2; number++) await connection.send(message);
    });
    const pushing = await listenHere({}, async (connection) => {
      await connection.send('welcome');
      for await (const message of connection) await connection.send(message);
    });
    const chat: Server = await listenHere({}, async (connection) => {
      for await (const message of connection)
        for (const other of chat.connections) if (other !== connection) await other.send(message);
    });
    for (const each of [many, pushing, chat]) {
      const args = ['-d', '0.3', '-c', '3', `ws://127.0.0.1:${portOf(each)}/`];
      const { status, stdout, stderr } = await wspc(['bench', ...args]);
      assert.match(stderr, /^error: more messages came than were sent: the server must answer .*\n$/);
      assert.deepEqual([status, stdout.toString()], [1, '']);
      await each.close();
    }
  });

  it('tells that no answer came, or that the server has gone', async () => {
    const silent = await listenHere({}, async (connection) => {
      await connection.closed;
    });
    const mute = await wspc(['bench', '-d', '0.2', `ws://127.0.0.1:${portOf(silent)}/`]);
    await silent.close();
    assert.equal(mute.status, 6);
    assert.match(mute.stderr, /^error: no answer came/);
    const leaving = await listenHere({}, async (connection) => {
      await connection.messages().next();
      await connection.close(1001);
    });
    const left = await wspc(['bench', '-d', '0.2', `ws://127.0.0.1:${portOf(leaving)}/`]);
    await leaving.close();
    assert.deepEqual([left.status, left.stderr], [1, 'error: the server closed with 1001\n']);
    assert.equal((await wspc(['bench', 'ws://127.0.0.1:9/'])).status, 1);
    assert.equal((await wspc(['bench', '-c', '0', url])).status, 2);
  });
});
