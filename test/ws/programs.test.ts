import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { chromium, itWith } from '../interop/programs.js';
import type { Found } from '../interop/programs.js';
import type { Report } from './programs/redirected.js';

const FOLDER = path.resolve(__dirname, '../../../test/ws/programs');
const { dependencies } = JSON.parse(readFileSync(path.join(FOLDER, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>;
};
const missing = Object.keys(dependencies).filter(
  (name) => !existsSync(path.join(FOLDER, 'node_modules', name)),
);
const installed: Found =
  missing.length === 0
    ? { path: FOLDER }
    : {
        missing: `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not installed (npm run programs)`,
      };

async function run(name: string, ...args: string[]): Promise<Report> {
  const child = spawn(process.execPath, [path.join(__dirname, 'programs', `${name}.js`), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 15_000,
  });
  const [output, complaints, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  assert.equal(status, 0, complaints);
  return JSON.parse(output) as Report;
}

/** Checks that the program did its work, and that only the drop-in carried it. */
function check(report: Report, did: unknown[], redirected: string[], connections: number): void {
  assert.deepEqual(report.did, did);
  assert.deepEqual(report.foreign, []);
  assert.deepEqual(report.redirected, redirected);
  assert.equal(report.connections, connections);
  assert.ok(report.messages >= 2 * connections, `${report.messages} messages`);
}

describe('programs on the drop-in in place of ws', () => {
  itWith(installed, 'socket.io, with wsEngine, and its client', async () => {
    check(
      await run('socket-io'),
      [
        ['websocket', true],
        ['upgrade', 'websocket', true],
        true,
        { object: [1, null] },
        true,
        true,
        [
          [1, 'two'],
          [1, 'two'],
        ],
        ['binary', 'binary'],
        [
          ['websocket', true],
          ['websocket', true],
        ],
        'transport close',
      ],
      ['engine.io', 'engine.io-client', 'socket.io-adapter'],
      4,
    );
  });

  itWith(installed, 'graphql-ws, server and client', async () => {
    check(
      await run('graphql-ws'),
      [
        ['opened', true],
        { hello: 'world' },
        { countdown: 3 },
        { countdown: 2 },
        { countdown: 1 },
        { countdown: 0 },
        true,
      ],
      [],
      2,
    );
  });

  itWith(installed, 'rpc-websockets, server and client', async () => {
    check(
      await run('rpc-websockets'),
      [true, [true], 6, -32601, ['something'], ['one', { two: 2 }], 1000],
      ['rpc-websockets'],
      2,
    );
  });

  itWith(installed, 'aedes, on a stream, and mqtt', async () => {
    check(
      await run('mqtt'),
      [
        ['broker', 'mqtt'],
        ['broker', 'mqtt'],
        ['topic/0', true],
        ['topic/1', true],
        ['topic/2', true],
      ],
      ['mqtt'],
      4,
    );
  });

  const browser = chromium();
  itWith('missing' in installed ? installed : browser, 'puppeteer-core driving Chromium', async () => {
    check(
      await run('puppeteer', 'path' in browser ? browser.path : ''),
      ['ws:', 'clicked', 5_000_000, 'PNG'],
      ['puppeteer-core'],
      1,
    );
  });
});
