import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import type { Connection } from '../../../lib/connection/index.js';
import type { Server } from '../../../lib/opening/index.js';
import { listenHere, portOf } from '../../support/open.js';
import { Terminal } from '../../support/terminal.js';
import { WSPC } from '../../support/wspc.js';

const ESCAPE = String.fromCharCode(27);

describe('wspc connect on a terminal', function () {
  this.timeout(20_000);
  let server: Server;
  let terminal: Terminal;
  let received: (string | Uint8Array)[];

  before(function () {
    if (spawnSync('tmux', ['-V']).status !== 0) this.skip();
  });
  beforeEach(async () => {
    received = [];
    server = await listenHere({}, async (connection) => {
      for await (const message of connection) {
        received.push(message);
        await connection.send(message);
      }
    });
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') process.stderr.write(`${await terminal.screen(true)}\n`);
    await terminal.close();
    await server.close();
  });

  /** Starts the command, and waits for its connection. */
  const opened = async (...options: string[]): Promise<Connection> => {
    const url = `ws://127.0.0.1:${portOf(server)}/`;
    terminal = await Terminal.start(`'${process.execPath}' '${WSPC}' connect ${options.join(' ')} ${url}`);
    await terminal.shows(/^connected to ws:.*\n>/m);
    return server.connections[0]!;
  };

  it('sends lines that were edited, and those of the history', async () => {
    await opened();
    await terminal.type('helo');
    await terminal.shows(/^> helo$/m);
    await terminal.press('Left');
    await terminal.type('l');
    await terminal.shows(/^> hello$/m);
    await terminal.press('Enter');
    await terminal.shows(/^> hello\n< hello\n>$/m);
    await terminal.press('Up');
    await terminal.shows(/^> hello$/m);
    await terminal.type(' again');
    await terminal.shows(/^> hello again$/m);
    await terminal.press('Enter');
    await terminal.shows(/^< hello again\n>$/m);
    await terminal.press('C-d');
    await terminal.shows(/^closed 1000\nended with 0$/m);
    assert.deepEqual(received, ['hello', 'hello again']);
  });

  it('prints what comes above the line that is being edited', async () => {
    const connection = await opened();
    await terminal.type('half a li');
    await terminal.shows(/^> half a li$/m);
    await connection.send('news');
    await connection.send(Buffer.from([0, 255]));
    await terminal.shows(/^< news\n< 00ff \(2 bytes\)\n> half a li$/m);
    await terminal.type('ne');
    await terminal.press('Enter');
    await terminal.shows(/^> half a line\n< half a line\n>$/m);
    const long = 'x'.repeat(100);
    await terminal.type(long);
    await terminal.shows(/^> x{78}\nx{22}$/m);
    await connection.send('more');
    await terminal.shows(/^< half a line\n< more\n> x{78}\nx{22}$/m);
  });

  it('obeys no command of the server, and has colours', async () => {
    const connection = await opened();
    await connection.send('a\u001b[2J\u001b]0;title\u0007\rb\u202e');
    await terminal.shows(/^< a\\x1b\[2J\\x1b\]0;title\\x07\\x0db\\u202e$/m);
    await terminal.shows(new RegExp(String.raw`${ESCAPE}\[36m(?:${ESCAPE}\[\d+m)*< `), true);
  });

  it('has commands with --slash', async () => {
    const connection = await opened('--slash');
    for (const line of ['/ping', '/nothing', '/close 9', '//text']) {
      await terminal.type(line);
      await terminal.press('Enter');
    }
    await terminal.shows(/^pong after \d+\.\d ms$/m);
    await terminal.shows(/the commands are \/ping and \/close/);
    await terminal.shows(/\b9\b.*close code|close code.*\b9\b/);
    await terminal.shows(/^< \/text$/m);
    await terminal.type('/close 3001 well done');
    await terminal.press('Enter');
    const { code, reason } = await connection.closed;
    assert.deepEqual([code, reason], [3001, 'well done']);
    await terminal.shows(/^ended with \d+$/m);
    assert.deepEqual(received, ['/text']);
  });

  it('tells a line that cannot be sent, and goes on', async () => {
    await opened('--hex');
    for (const line of ['xyz', '68 69']) {
      await terminal.type(line);
      await terminal.press('Enter');
    }
    await terminal.shows(/^the line: not an even number of hexadecimal digits$/m);
    await terminal.shows(/^< 6869$/m);
  });

  it('ends by Ctrl-C, and when the server closes', async () => {
    const connection = await opened();
    await terminal.press('C-c');
    await terminal.shows(/^closed 1000\nended with 130$/m);
    assert.equal((await connection.closed).code, 1000);
    await terminal.close();
    const second = await opened();
    await terminal.type('unsent');
    await second.close(4000, 'enough');
    await terminal.shows(/^error: the server closed with 4000: enough\nended with 4$/m);
  });
});
