/**
 * The example with socket.io: two processes of its server, joined by a real Redis, and clients of socket.io in both.
 * The packages are those of `npm run programs`, because the example has the same versions.
 */
import { strict as assert } from 'node:assert';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { isInstalled, itWith } from '../interop/programs.js';
import type { Found } from '../interop/programs.js';
import { Program } from '../support/program.js';
import { Engine } from '../topics/engines.js';

const ROOT = path.resolve(__dirname, '../../..');
const EXAMPLE = path.join(ROOT, 'examples/socket-io');
const PROGRAMS = path.join(ROOT, 'test/ws/programs');
const OWN_NAME = 'websocket-protocol-component';

type Dependencies = Record<string, string>;
const dependenciesOf = (folder: string): Dependencies =>
  (JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as { dependencies: Dependencies })
    .dependencies;

const { [OWN_NAME]: ownVersion, ...others } = dependenciesOf(EXAMPLE);
const names = Object.keys(others);

function needed(): Found {
  if (!isInstalled('/usr/bin/redis-server'))
    return { missing: 'redis-server is not installed (Debian: redis-server)' };
  const missing = names.filter((name) => !existsSync(path.join(PROGRAMS, 'node_modules', name)));
  return missing.length === 0
    ? { path: PROGRAMS }
    : { missing: `${missing.join(', ')} not installed (npm run programs)` };
}

/** What the process of a server prints at its end. */
interface Evidence {
  readonly opened: number;
  readonly messages: number;
  readonly framed: number;
}

describe('the example with socket.io and its Redis adapter', function () {
  this.timeout(60_000);
  const running: Program[] = [];
  let engine: Engine | null = null;
  let folder = '';

  afterEach(async () => {
    for (const program of running.splice(0)) await program.stop();
    await engine?.end();
    if (folder !== '') rmSync(folder, { recursive: true, force: true });
  });

  /** A copy of the example, with its packages. */
  function install(): string {
    mkdirSync(path.join(ROOT, '.cache'), { recursive: true });
    folder = mkdtempSync(path.join(ROOT, '.cache', 'socket-io-'));
    cpSync(EXAMPLE, folder, { recursive: true, filter: (file) => path.basename(file) !== 'node_modules' });
    const modules = path.join(folder, 'node_modules');
    mkdirSync(path.join(modules, '@socket.io'), { recursive: true });
    for (const name of names)
      symlinkSync(path.join(PROGRAMS, 'node_modules', name), path.join(modules, name));
    symlinkSync(ROOT, path.join(modules, OWN_NAME));
    return folder;
  }

  function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Program {
    const program = new Program(process.execPath, args, { ...process.env, ...env }, folder);
    running.push(program);
    return program;
  }

  it('has the versions that the tests install', () => {
    assert.equal(ownVersion, 'file:../..');
    const installed = dependenciesOf(PROGRAMS);
    assert.ok(names.length >= 4);
    for (const name of names) assert.equal(others[name], installed[name], name);
  });

  itWith(needed(), 'reaches the clients of both processes, over the drop-in', async () => {
    install();
    engine = new Engine('redis-server');
    await engine.start();
    const env = { REDIS: `redis://127.0.0.1:${engine.port}`, PORT: '0' };
    const witness = path.join(__dirname, 'socket-io-witness.js');
    const servers = [0, 1].map(() => start(['--require', witness, 'server.mjs'], env));
    const urls: string[] = [];
    for (const server of servers)
      urls.push(`http://127.0.0.1:${(await server.prints(/listening on (\d+)/))[1]}`);

    const clients: Program[] = [];
    const join = async (url: string, name: string, room: string): Promise<Program> => {
      const client = start(['client.mjs', url, name, room]);
      await client.prints(/connected/);
      clients.push(client);
      // Everybody hears of everybody, in whichever process.
      for (const each of clients) await each.prints(new RegExp(`^${name} has joined ${room}$`, 'm'));
      return client;
    };
    const ann = await join(urls[0]!, 'ann', 'kitchen');
    const bob = await join(urls[1]!, 'bob', 'kitchen');
    const cyd = await join(urls[0]!, 'cyd', 'kitchen');
    const dan = await join(urls[1]!, 'dan', 'garden');

    ann.type('hello\n');
    bob.type('big '.repeat(5000) + '\n');
    for (const client of [ann, bob, cyd]) {
      await client.prints(/^ann: hello$/m);
      await client.prints(/^bob: (big ){5000}$/m);
    }
    dan.type('alone\n');
    await dan.prints(/^dan: alone$/m);
    for (const client of [ann, bob, cyd]) {
      assert.equal(client.output.match(/^ann: hello$/gm)?.length, 1);
      assert.equal(client.output.match(/^bob: /gm)?.length, 1);
      assert.doesNotMatch(client.output, /alone/);
    }
    assert.doesNotMatch(dan.output, /ann: |bob: /);

    // A socket of one process leaves: the others stay.
    cyd.endInput();
    assert.equal(await cyd.ended(), 0, cyd.errors);
    for (const server of servers) server.signal('SIGTERM');
    const evidence: Evidence[] = [];
    for (const server of servers) {
      assert.equal(await server.ended(), 0, server.errors);
      const [, text] = await server.prints(/^evidence (.*)$/m);
      evidence.push(JSON.parse(text!) as Evidence);
    }
    // The clients speak WebSocket from the start, so each of them is a connection of this package.
    assert.deepEqual(
      evidence.map(({ opened }) => opened),
      [2, 2],
    );
    for (const { messages, framed } of evidence) {
      assert.ok(messages >= 12, `${messages} messages`);
      // Each process frames the news and the words of rooms once; the large one counts as well.
      assert.ok(framed >= 5, `${framed} ready-made frames`);
    }
    for (const client of [ann, bob, dan]) await client.prints(/^disconnected: transport close$/m);
  });
});
