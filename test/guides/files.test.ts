import { strict as assert } from 'node:assert';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { connect } from '../../lib/index.js';
import { closedOf, describeGuide, printedPort } from '../support/page-programs.js';
import type { Program } from '../support/program.js';

const SIZE = 64 * 1024 * 1024;

function hashOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/** The most memory that a process has ever had, in MiB; 0 where the system does not tell. */
function peakOf({ pid }: Program): number {
  const status = `/proc/${pid}/status`;
  if (!existsSync(status)) return 0;
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(status, 'utf8'))![1]) / 1024;
}

describeGuide('files', [], (guide) => {
  const stored = (): string[] => readdirSync(path.join(guide.folder, 'files')).sort();

  async function start(env: NodeJS.ProcessEnv = {}): Promise<{ server: Program; url: string }> {
    const server = guide.start('server.mjs', { env });
    return { server, url: `ws://localhost:${await printedPort(server)}` };
  }

  it('a large file goes up and down, and is the same', async () => {
    const { server, url } = await start();
    const file = path.join(guide.folder, 'video.mp4');
    writeFileSync(file, randomBytes(SIZE));
    const before = peakOf(server);
    const up = await guide.run('client.mjs', { args: ['up', file, `${url}/up/video.mp4`] });
    assert.equal(up, `saved ${SIZE} bytes\n`);
    const copy = path.join(guide.folder, 'copy.mp4');
    const down = await guide.run('client.mjs', { args: ['down', copy, `${url}/down/video.mp4`] });
    assert.equal(down, 'received\n');
    assert.ok(peakOf(server) - before < SIZE / 1024 / 1024, `${before} MiB, then ${peakOf(server)} MiB`);
    assert.deepEqual(stored(), ['video.mp4']);
    const hash = hashOf(file);
    assert.equal(hashOf(path.join(guide.folder, 'files/video.mp4')), hash);
    assert.equal(hashOf(copy), hash);
  });

  it('a client that goes away in the middle leaves nothing', async () => {
    const { server, url } = await start();
    const connection = await connect(`${url}/up/half.bin`);
    let isSeen = false;
    const sending = connection.send(
      (function* () {
        while (!isSeen) {
          isSeen = stored().some((name) => name.startsWith('.part-'));
          yield randomBytes(65536);
        }
        connection.terminate();
        yield randomBytes(65536);
      })(),
    );
    await assert.rejects(sending);
    while (stored().some((name) => name.startsWith('.part-')))
      await new Promise((resolve) => setImmediate(resolve));
    assert.ok(!stored().includes('half.bin'));
    assert.equal(server.hasEnded, false, server.errors);
  });

  it('too much, a wrong path and an absent file have their answers', async () => {
    const { url } = await start({ MOST_BYTES: '100000' });
    const large = await connect(`${url}/up/large.bin`);
    const ended = closedOf(large);
    await large.send(randomBytes(200_000)).catch(() => {});
    const { code, reason } = await ended;
    assert.deepEqual([code, reason], [1009, 'too large']);
    assert.ok(!stored().some((name) => name === 'large.bin' || name.startsWith('.part-')));

    const copy = path.join(guide.folder, 'none');
    const ask = (way: string) => guide.run('client.mjs', { args: ['down', copy, `${url}${way}`] });
    assert.equal(await ask('/down/absent.bin'), 'refused: no such file\n');
    for (const way of ['/down/..%2fserver.mjs', '/down/.hidden', '/other'])
      assert.equal(await ask(way), 'refused: no such path\n');
  });
});
