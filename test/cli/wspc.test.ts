import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { portable, recordTrace } from '../../lib/component/index.js';
import { openPair } from '../support/open-pair.js';
import { Program } from '../support/program.js';

const WSPC = path.resolve(__dirname, '../../lib/cli/wspc.js');

describe('wspc', function () {
  this.timeout(120_000);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'wspc-cli-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  const wspc = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [WSPC, ...args], {
      cwd: folder,
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  };

  for (const command of [
    [],
    ['info'],
    ['connect'],
    ['serve'],
    ['parity'],
    ...['run', 'fuzz', 'record', 'replay', 'status', 'report', 'adopt'].map((name) => ['parity', name]),
  ]) {
    it(`has help with examples: wspc ${command.join(' ')}`, () => {
      const { status, stdout } = wspc(...command, '--help');
      assert.equal(status, 0);
      assert.match(stdout, /^Usage: wspc/);
      assert.match(stdout, /^Examples:\n {2}/m);
      assert.equal(stdout.includes('\u001b'), false);
    });
  }

  for (const [args, message] of [
    [['nothing'], /unknown command 'nothing'/],
    [['conect'], /unknown command 'conect'\n\(Did you mean connect\?\)/],
    [['parity', 'nothing'], /there is no command "nothing"/],
    [['info', '--nothing'], /unknown option '--nothing'/],
    [['info', '--jsno'], /unknown option '--jsno'\n\(Did you mean --json\?\)/],
    [['info', 'more'], /too many arguments/],
    [['parity', 'run', '--jsno'], /unknown option '--jsno'\n\(Did you mean --json\?\)/],
    [['parity', 'run', 'a', 'b'], /unexpected argument "b"/],
    [['serve', '--port', '65536'], /It must be a whole number from 0 to 65535/],
    [['parity', 'fuzz', '--time', 'soon'], /--time takes a number of seconds above 0, not soon/],
    [['parity', 'report'], /--html FILE is needed/],
    [['parity', 'replay'], /a file is needed/],
    [['parity', 'run', 'nosuch'], /no scenario has "nosuch" in its file or name/],
    [['parity', 'ask', '--backend', 'native'], /--backend takes "portable"/],
    [['parity', 'adopt'], /a bundle, or the text of an issue, is needed/],
    [['connect'], /missing required argument 'url'/],
  ] as const) {
    it(`refuses ${args.join(' ')}`, () => {
      const { status, stderr } = wspc(...args);
      assert.equal(status, 2);
      assert.match(stderr, message);
      assert.match(stderr, /^Try: wspc .*--help$/m);
    });
  }

  it('prints its version', () => {
    const { version } = JSON.parse(
      readFileSync(path.resolve(__dirname, '../../../package.json'), 'utf8'),
    ) as {
      version: string;
    };
    for (const option of ['-V', '--version']) assert.equal(wspc(option).stdout, `${version}\n`);
  });

  it('shows the help of a command in two ways', () => {
    for (const name of ['connect', 'parity'])
      assert.equal(wspc('help', name).stdout, wspc(name, '--help').stdout);
  });

  it('names the backend that answers, and the reason', () => {
    const info = JSON.parse(wspc('info', '--json').stdout) as Record<string, unknown>;
    assert.deepEqual(info['supportedVersions'], [13]);
    assert.ok(Number(info['keepAliveInterval']) >= 15000);
    assert.equal(typeof info['why'], 'string');
    assert.match(wspc('info').stdout, /^backend +(portable|native)$/m);
  });

  it('runs scenarios, and names the compared components', () => {
    const { status, stdout } = wspc('parity', 'run', 'send-client-masking');
    assert.equal(status, 0, stdout);
    assert.match(stdout, /\d+ scenarios on .*: 0 differ, 0 fail/);
    const plain = JSON.parse(wspc('parity', 'run', 'create.md', '--json').stdout) as Record<string, unknown>;
    assert.equal(plain['failed'], 0);
    assert.ok((plain['scenarios'] as unknown[]).length > 5);
  });

  it('makes scripts from a seed', () => {
    const { status, stdout } = wspc('parity', 'fuzz', '--seed', '1', '--runs', '200');
    assert.equal(status, 0, stdout);
    assert.match(stdout, /^seed 1: 200 scripts on /m);
  });

  it('replays traces, and fails on a difference', () => {
    const traced = recordTrace(portable);
    openPair(traced).client.delete();
    const file = path.join(folder, 'session.jsonl');
    writeFileSync(file, traced.trace.join('\n'));
    assert.equal(wspc('parity', 'replay', 'session.jsonl', '--backend', 'portable').status, 0);
    writeFileSync(file, traced.trace.join('\n').replace('"Upgrade","websocket"', '"Upgrade","other"'));
    const { status, stdout } = wspc('parity', 'replay', 'session.jsonl', '--backend', 'portable');
    assert.equal(status, 1);
    assert.match(stdout, /differs {2}session\.jsonl:\d+: call \d+, WebSocketBeginClientHandshake/);
    assert.match(stdout, /about: .*Q-H1/);
  });

  it('records the answers of the engine, without the name of the machine', () => {
    assert.equal(wspc('parity', 'record', '--backend', 'portable').status, 0);
    const text = readFileSync(path.join(folder, 'parity-portable.json'), 'utf8');
    assert.equal(text.includes(os.hostname()), false);
    assert.equal(text.includes(folder), false);
    assert.equal(wspc('parity', 'replay', 'parity-portable.json', '--backend', 'portable').status, 0);
  });

  it('takes a file with nothing to play for a mistake', () => {
    assert.equal(wspc('parity', 'ask', '--backend', 'portable', '--output', 'asked.json').status, 0);
    const bundle = JSON.parse(readFileSync(path.join(folder, 'asked.json'), 'utf8')) as object;
    writeFileSync(path.join(folder, 'nothing.json'), JSON.stringify({ ...bundle, scenarios: [] }));
    writeFileSync(path.join(folder, 'nothing.md'), '# Title\n');
    for (const file of ['nothing.json', 'nothing.md']) {
      const { status, stderr } = wspc('parity', 'replay', file, '--backend', 'portable');
      assert.equal(status, 2, file);
      assert.match(stderr, /nothing\.\w+ has no scenario to play here/);
    }
    const adopted = wspc('parity', 'adopt', 'nothing.json', '--not-windows');
    assert.equal(adopted.status, 2);
    assert.match(adopted.stderr, /has no scenario of this checkout/);
  });

  it('counts the known statements', () => {
    const status = JSON.parse(wspc('parity', 'status', '--json').stdout) as {
      items: unknown[];
      byEvidence: Record<string, number>;
      recordedOn: object;
    };
    assert.equal(
      Object.values(status.byEvidence).reduce((sum, number) => sum + number, 0),
      status.items.length,
    );
    assert.match(wspc('parity', 'status', '--open').stdout, /^ +Q-H7 /m);
  });

  it('says which open questions a bundle answers', () => {
    wspc('parity', 'record', '--backend', 'portable');
    const recorded = ['parity', 'status', '--recorded', 'parity-portable.json'];
    const { status, stdout } = wspc(...recorded);
    assert.equal(status, 0);
    assert.match(stdout, /^contradicted: 0 of \d+ open questions$/m);
    assert.match(stdout, /^not reached: \d+ of \d+ open questions\n(?: {2}Q-.*\n)*? {2}Q-T1 /m);
    assert.match(stdout, /^confirmed: \d+ of \d+ open questions\n(?: {2}Q-.*\n)*? {2}Q-H7 /m);
    assert.match(stdout, /not Windows’ own DLL/);
    const { questions } = JSON.parse(wspc(...recorded, '--json').stdout) as {
      questions: { verdict: string }[];
    };
    assert.ok(questions.every(({ verdict }) => verdict === 'confirmed' || verdict === 'not reached'));
  });

  it('serves echo to its own client, shows the actions, and ends on a signal', async () => {
    const server = new Program(process.execPath, [WSPC, 'serve', '--trace']);
    try {
      const [, url] = await server.prints(/listening on (ws:\S+)/);
      const client = wspc('connect', url!, '--message', 'Hello', '--trace');
      assert.equal(client.status, 0, client.stderr);
      assert.match(client.stdout, /IndicateReceiveComplete +Utf8Message +5 +"Hello"/);
      await server.prints(/IndicateReceiveComplete +Utf8Message +5 +"Hello"/);
      // Windows has no signals: it ends the process.
      if (process.platform === 'win32') return;
      server.signal('SIGINT');
      assert.equal(await server.ended(), 0);
    } finally {
      await server.stop();
    }
  });
});
