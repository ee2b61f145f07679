import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium as playwright } from 'playwright-core';
import { connect } from '../../lib/index.js';
import type { Connection } from '../../lib/index.js';
import { chromium, debian, itWith } from '../interop/programs.js';
import { freePort } from '../support/ports.js';
import { Program } from '../support/program.js';
import { Engine } from '../topics/engines.js';

const ROOT = path.resolve(__dirname, '../../..');
const NGINX = '/usr/sbin/nginx';

const running: Program[] = [];

function start(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Program {
  const program = new Program(command, args, { ...process.env, PORT: '0', ...env });
  running.push(program);
  return program;
}

function example(file: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Program {
  return start(process.execPath, [path.join(ROOT, 'examples', file), ...args], env);
}

async function portOf(program: Program): Promise<string> {
  return (await program.prints(/listening on (?:ws:.*:)?(\d+)/))[1]!;
}

async function next(connection: Connection): Promise<unknown> {
  return (await connection.messages().next()).value;
}

describe('the examples', function () {
  this.timeout(60_000);
  afterEach(async () => {
    for (const program of running.splice(0)) await program.stop();
  });

  it('echo: the client prints what the server sends back', async () => {
    const port = await portOf(example('echo/server.mjs'));
    const client = example('echo/client.mjs', [`ws://127.0.0.1:${port}/`]);
    assert.equal(await client.ended(), 0, client.errors);
    assert.equal(client.output, 'Hello\n');
  });

  it('the server and the client of the documentation run as pasted', async () => {
    const text = readFileSync(path.join(ROOT, 'docs/connections.md'), 'utf8');
    const [server, client] = [...text.matchAll(/```js\n([^]*?)```/g)].map(([, code]) => code!);
    const port = await freePort();
    const here = (code: string): string => code.replaceAll('8080', String(port));
    const folder = await mkdtemp(path.join(ROOT, 'dist', 'pasted-'));
    await writeFile(path.join(folder, 'server.js'), here(server!));
    await writeFile(path.join(folder, 'client.js'), here(client!));
    const serving = start(process.execPath, [path.join(folder, 'server.js')]);
    await serving.prints(/listening on/);
    const asking = start(process.execPath, [path.join(folder, 'client.js')]);
    assert.equal(await asking.ended(), 0, asking.errors);
    assert.equal(asking.output, 'Hello\n');
    await rm(folder, { recursive: true });
  });

  it('stream-file: the server gets the file unchanged', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'wspc-'));
    const file = path.join(folder, 'file');
    const bytes = Buffer.alloc(20 << 20, 'some content, ');
    await writeFile(file, bytes);
    const port = await portOf(example('stream-file/server.mjs'));
    const client = example('stream-file/client.mjs', [file, `ws://127.0.0.1:${port}/`]);
    assert.equal(await client.ended(), 0, client.errors);
    assert.equal(
      client.output,
      `${bytes.length} bytes, ${createHash('sha256').update(bytes).digest('hex')}\n`,
    );
    await rm(folder, { recursive: true });
  });

  itWith(chromium(), 'chat: two browsers see what both say, and the end', async (executablePath) => {
    const server = example('chat/server.mjs');
    const url = `http://127.0.0.1:${await portOf(server)}/`;
    const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
    args.push('--disable-background-networking', '--disable-component-update', '--disable-sync');
    const browser = await playwright.launch({ executablePath, args });
    try {
      const pages = await Promise.all([browser.newPage(), browser.newPage()]);
      for (const page of pages) {
        await page.goto(url);
        await page.waitForFunction("document.querySelector('#state').textContent === 'open'");
      }
      for (const [index, page] of pages.entries()) {
        await page.fill('input', `from ${index}: grüß Gott 😀`);
        await page.click('button');
      }
      for (const page of pages) {
        await page.waitForFunction("document.querySelectorAll('li').length === 2");
        const said = await page.locator('li').allTextContents();
        assert.deepEqual(said.sort(), ['from 0: grüß Gott 😀', 'from 1: grüß Gott 😀']);
      }
      server.signal('SIGTERM');
      await pages[0].waitForFunction("document.querySelector('#state').textContent.startsWith('closed')");
      assert.equal(await pages[0].textContent('#state'), 'closed: 1001 the server is going down');
    } finally {
      await browser.close();
    }
    assert.equal(await server.ended(), 0);
  });

  itWith(debian(NGINX, 'nginx'), 'nginx: messages, pings and the close pass through it', async (command) => {
    const upstream = await portOf(example('echo/server.mjs'));
    const port = await freePort();
    const folder = await mkdtemp(path.join(tmpdir(), 'wspc-nginx-'));
    const configuration = readFileSync(path.join(ROOT, 'examples/nginx/nginx.conf'), 'utf8')
      .replace('127.0.0.1:8080', `127.0.0.1:${upstream}`)
      .replace('127.0.0.1:8081', `127.0.0.1:${port}`)
      .replace(/pid .*;/, `pid ${folder}/pid;\nmaster_process off;`);
    const file = path.join(folder, 'nginx.conf');
    await writeFile(file, configuration);
    start(command, ['-p', folder, '-e', 'stderr', '-c', file]);
    const url = `ws://127.0.0.1:${port}/path?query`;
    let connection: Connection | null = null;
    while (connection === null) {
      connection = await connect(url).catch(() => null);
      await new Promise((resolve) => setImmediate(resolve));
    }
    void connection.send('through nginx');
    void connection.send(Buffer.alloc(1 << 20, 5));
    assert.equal(await next(connection), 'through nginx');
    assert.equal(((await next(connection)) as Uint8Array).length, 1 << 20);
    assert.ok((await connection.ping()) > 0);
    assert.deepEqual(await connection.close(4000, 'done'), { code: 4000, reason: 'done', wasClean: true });
    await rm(folder, { recursive: true });
  });

  it('cluster: a message to one worker reaches the clients of the others in the same room', async function () {
    if (!Engine.isInstalled('redis-server')) this.skip();
    const engine = new Engine('redis-server');
    await engine.start();
    const env = { REDIS: `redis://127.0.0.1:${engine.port}`, WORKERS: '2' };
    const server = example('cluster/server.mjs', [], env);
    const url = `ws://127.0.0.1:${await portOf(server)}`;
    // The primary gives connections to the workers in turn, so both workers have some.
    const clients = await Promise.all(Array.from({ length: 4 }, () => connect(`${url}/kitchen`)));
    const stranger = await connect(`${url}/garden`);
    const heard: string[][] = clients.map(() => []);
    for (const [index, client] of clients.entries())
      client.on('message', (message) => heard[index]!.push(message as string));
    stranger.on('message', (message) => assert.fail(String(message)));
    // A worker asks Redis for a room when its first client comes.
    for (let round = 0; new Set(heard.at(-1)!.map((text) => text.split(': ')[0])).size < 2; round++) {
      for (const client of clients) void client.send(`hello ${round}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    void clients[0]!.send('last');
    while (!heard.every((all) => all.some((text) => text.endsWith(': last'))))
      await new Promise((resolve) => setTimeout(resolve, 5));
    for (const all of heard) assert.equal(all.filter((text) => text.endsWith(': last')).length, 1);
    server.signal('SIGTERM');
    for (const client of [...clients, stranger]) assert.equal((await client.closed).code, 1001);
    await engine.end();
  });

  it('fan-out: prices of a source reach the clients of another server', async function () {
    if (!Engine.isInstalled('nats-server')) this.skip();
    const engine = new Engine('nats-server');
    await engine.start();
    const env = { NATS: `127.0.0.1:${engine.port}` };
    const server = example('fan-out/server.mjs', [], env);
    const source = example('fan-out/server.mjs', ['source'], env);
    const client = await connect(`ws://127.0.0.1:${await portOf(server)}/`);
    void client.send('tea');
    for (let count = 0; count < 3; count++)
      assert.equal((JSON.parse((await next(client)) as string) as { name: string }).name, 'tea');
    server.signal('SIGTERM');
    assert.equal((await client.closed).code, 1001);
    source.signal('SIGTERM');
    await engine.end();
  });

  it('reconnect: the client repeats what a lost server has not answered', async () => {
    const port = await freePort();
    const silent = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.destroy();
    }).listen(port, '127.0.0.1');
    await once(silent, 'listening');
    const client = example('reconnect/client.mjs', [`ws://127.0.0.1:${port}/`]);
    await client.prints(/again in \d+ ms/);
    await new Promise((resolve) => silent.close(resolve));
    example('echo/server.mjs', [], { PORT: String(port) });
    assert.equal(await client.ended(), 0, client.errors);
    assert.match(client.output, /open\nanswered one\nanswered two\nanswered three\nall answered\n$/);
  });

  it('electron: every script is JavaScript', () => {
    const folder = path.join(ROOT, 'examples/electron');
    const scripts = readdirSync(folder).filter((name) => /\.c?js$/.test(name));
    assert.equal(scripts.length, 3);
    for (const script of scripts) {
      const { status, stderr } = spawnSync(process.execPath, ['--check', path.join(folder, script)], {
        encoding: 'utf8',
      });
      assert.equal(status, 0, stderr);
    }
  });
});
