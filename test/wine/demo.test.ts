import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import path from 'node:path';

const SCRIPT = path.resolve(__dirname, '../../../scripts/wspc-in-wine.mjs');

function inWine(...args: string[]): string {
  return execFileSync(process.execPath, [SCRIPT, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

describe('the name of the stand-in', () => {
  it('is printed by npm start', () => {
    const [first] = inWine('--demo', '--').split('\n');
    assert.equal(
      first,
      "WebSocket Protocol Component, native backend: the stand-in for tests (websocket.dll 0.0.0.1), not Windows' own",
    );
  });

  it('is printed by wspc info', () => {
    const info = JSON.parse(inWine('--', 'info', '--json')) as { why: string; isWindows: boolean };
    assert.equal(info.why, "the stand-in for tests (websocket.dll 0.0.0.1), not Windows' own");
    assert.equal(info.isWindows, false);
  });
});
