import { strict as assert } from 'node:assert';
import type { Server } from '../../../lib/opening/index.js';
import { listenHere, portOf } from '../../support/open.js';
import { Program } from '../../support/program.js';
import { WSPC, wspc } from '../../support/wspc.js';

/** Seconds of silence that end a run of these tests. */
const WAIT = ['--wait', '0.5'];

describe('wspc connect, messages', function () {
  this.timeout(60_000);
  let server: Server;
  let url: string;
  /** What clients sent, in order. */
  let received: (string | Uint8Array)[];

  beforeEach(async () => {
    received = [];
    server = await listenHere({}, async (connection) => {
      for await (const message of connection) {
        received.push(message);
        await connection.send(message);
      }
    });
    url = `ws://127.0.0.1:${portOf(server)}/`;
  });
  afterEach(() => server.close());

  it('sends each line, and prints the answers that come after the end of the input', async () => {
    const { status, stdout, stderr } = await wspc(['connect', url, ...WAIT], {
      input: 'a\n\nü\u{1f600}\nlast',
    });
    assert.deepEqual(received, ['a', '', 'ü\u{1f600}', 'last']);
    assert.equal(stdout.toString(), 'a\n\nü\u{1f600}\nlast\n');
    assert.deepEqual([status, stderr], [0, '']);
  });

  it('waits for late answers', async () => {
    const late = await listenHere({}, async (connection) => {
      for await (const message of connection) {
        setTimeout(() => void connection.send(message), 700);
      }
    });
    const { stdout } = await wspc(['connect', `ws://127.0.0.1:${portOf(late)}/`], { input: 'question' });
    assert.equal(stdout.toString(), 'question\n');
    await late.close();
  });

  it('changes no character: NUL, a byte order mark, a carriage return', async () => {
    const line = '\ufeffa\u0000\u2028b\r';
    const { stdout } = await wspc(['connect', url, '-n', '1'], { input: `${line}\n` });
    assert.deepEqual(received, [line]);
    assert.equal(stdout.toString(), `${line}\n`);
  });

  it('sends a line that comes in many pieces', async () => {
    const line = 'x'.repeat(1 << 20);
    const { stdout } = await wspc(['connect', url, '-n', '2'], { input: `${line}\n${line}` });
    assert.deepEqual(received, [line, line]);
    assert.equal(stdout.byteLength, 2 * (line.length + 1));
  });

  it('names the byte and line that is not UTF-8, and sends nothing in its place', async () => {
    const input = Buffer.concat([Buffer.from('good\nü'), Buffer.from([0xff]), Buffer.from('x\nmore\n')]);
    const { status, stdout, stderr } = await wspc(['connect', url, ...WAIT], { input });
    assert.deepEqual(received, ['good']);
    assert.equal(stdout.toString(), 'good\n');
    assert.equal(status, 5);
    assert.match(stderr, /^error: standard input, line 2: not UTF-8 from byte 3 on/);
  });

  it('sends and prints bytes unchanged with -b', async () => {
    const input = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * 7919) % 256));
    const { status, stdout } = await wspc(['connect', url, '-b', ...WAIT], { input });
    assert.ok(received.every((message) => message instanceof Uint8Array && message.byteLength <= 65536));
    assert.equal(Buffer.compare(Buffer.concat(received as Uint8Array[]), input), 0);
    assert.equal(Buffer.compare(stdout, input), 0);
    assert.equal(status, 0);
  });

  it('reads and prints hexadecimal digits with --hex', async () => {
    const { stdout } = await wspc(['connect', url, '--hex', '-n', '2'], { input: '00 ff 0A\n\n' });
    assert.deepEqual(
      received.map((message) => Buffer.from(message as Uint8Array).toString('hex')),
      ['00ff0a', ''],
    );
    assert.equal(stdout.toString(), '00ff0a\n\n');
    for (const wrong of ['0', '0g']) {
      const { status, stderr } = await wspc(['connect', url, '--hex', '--wait', '0'], { input: wrong });
      assert.equal(status, 5);
      assert.match(stderr, /line 1: not an even number of hexadecimal digits/);
    }
  });

  it('sends all of the input as one message with --whole', async () => {
    await wspc(['connect', url, '--whole', '-n', '1'], { input: 'a\nb\n' });
    await wspc(['connect', url, '--whole', '-b', '-n', '1'], { input: Buffer.alloc(100_000, 1) });
    assert.equal(received[0], 'a\nb\n');
    assert.equal((received[1] as Uint8Array).byteLength, 100_000);
    assert.equal(received.length, 2);
  });

  it('sends the messages of -m and -x in place of the input', async () => {
    await wspc(['connect', url, '-m', 'one', '-m', 'two', '-n', '2'], { input: 'not this' });
    await wspc(['connect', url, '-x', 'three', '-n', '1']);
    assert.deepEqual(received, ['one', 'two', 'three']);
  });

  it('prints one line of JSON for each event', async () => {
    const binary = await listenHere({}, async (connection) => {
      await connection.send('tex\nt\u009b');
      await connection.send(Buffer.from([0, 255]));
      await connection.close(3001, 'over');
    });
    const { status, stdout } = await wspc(['connect', '--json', `ws://127.0.0.1:${portOf(binary)}/`]);
    await binary.close();
    const lines = stdout.toString().trimEnd().split('\n');
    const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.ok(events.every(({ time }) => new Date(String(time)).toISOString() === time));
    assert.deepEqual(
      events.map((event) =>
        Object.fromEntries(
          Object.entries(event).filter(([name]) => !['time', 'url', 'backend'].includes(name)),
        ),
      ),
      [
        { event: 'open', protocol: '', extensions: '' },
        { event: 'message', type: 'text', data: 'tex\nt\u009b' },
        { event: 'message', type: 'binary', encoding: 'base64', data: 'AP8=' },
        { event: 'close', code: 3001, reason: 'over', wasClean: true },
        { event: 'error', message: 'the server closed with 3001: over' },
      ],
    );
    assert.equal(stdout.includes('\u009b'), false);
    assert.equal(status, 4);
  });

  it('ends after -n messages, and prints no more', async () => {
    const talkative = await listenHere({}, async (connection) => {
      for (let number = 1; number < 100; number++) await connection.send(String(number));
    });
    const { status, stdout } = await wspc(['connect', '-n', '3', `ws://127.0.0.1:${portOf(talkative)}/`]);
    await talkative.close();
    assert.equal(stdout.toString(), '1\n2\n3\n');
    assert.equal(status, 0);
  });

  it('reports that fewer than -n messages came', async () => {
    const { status, stderr } = await wspc(['connect', '-n', '3', '--wait', '0.2', '-m', 'x', url]);
    assert.equal(status, 6);
    assert.match(stderr, /^error: 1 of 3 messages came before the end$/m);
  });

  it('ends after --max-time, open or not', async () => {
    const { status, stdout, stderr } = await wspc([
      'connect',
      '--max-time',
      '1.5',
      '-n',
      '2',
      '-m',
      'x',
      url,
    ]);
    assert.equal(stdout.toString(), 'x\n');
    assert.deepEqual([status, stderr], [124, 'error: --max-time of 1.5 s is over\n']);
  });

  it('ends properly when the reader of its output goes', async () => {
    const program = new Program('/bin/sh', [
      '-c',
      `yes | "${process.execPath}" "${WSPC}" connect ${url} | head -n 2`,
    ]);
    assert.equal(await program.ended(), 0);
    assert.equal(program.output, 'y\ny\n');
    assert.equal(program.errors, '');
  });

  it('reports that a server closed before all of the input was sent', async () => {
    const impatient = await listenHere({}, async (connection) => {
      await connection.messages().next();
      await connection.close();
    });
    const at = `ws://127.0.0.1:${portOf(impatient)}/`;
    const program = new Program('/bin/sh', ['-c', `yes | "${process.execPath}" "${WSPC}" connect ${at}`]);
    assert.equal(await program.ended(), 1);
    assert.match(program.errors, /closed with 1000 before all of the input was sent/);
    await impatient.close();
  });

  it('reports that a server closed before the end of the input, also when no line was waiting', async () => {
    const impatient = await listenHere({}, async (connection) => {
      await connection.messages().next();
      await connection.close(1001);
    });
    const at = `ws://127.0.0.1:${portOf(impatient)}/`;
    const program = new Program(process.execPath, [WSPC, 'connect', at]);
    program.type('a\n');
    assert.equal(await program.ended(), 1);
    assert.equal(program.errors, 'error: the server closed with 1001 before all of the input was sent\n');
    // All of the input was sent.
    for (const args of [[], ['-m', 'a']]) {
      const { status, stderr } = await wspc(['connect', at, ...args], { input: 'a\n' });
      assert.deepEqual([status, stderr], [0, '']);
    }
    await impatient.close();
  });

  for (const [signal, status] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    it(`closes on ${signal}`, async () => {
      const program = new Program(process.execPath, [WSPC, 'connect', '-v', url]);
      program.type('hello\n');
      await program.prints(/hello/);
      const [connection] = server.connections;
      program.signal(signal);
      assert.equal(await program.ended(), status);
      assert.equal((await connection!.closed).code, 1000);
      assert.match(program.errors, /^connected to ws:.*\nclosed 1000\n$/s);
    });
  }

  it('reports answered pings', async () => {
    const { stderr } = await wspc(['connect', '--ping', '0.1', '--wait', '1', url]);
    assert.match(stderr, /^pong after \d+\.\d ms$/m);
  });
});
