import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import path from 'node:path';

const CHILD = path.join(__dirname, 'memory-child.js');
/** KiB: enough for the payload and for Node, but not for a copy of the payload. */
const ROOM = 1_500_000;

describe('a payload in shared memory, without memory for its copy', () => {
  it('is refused, and nothing of its frame is written', function () {
    // Only Linux has RLIMIT_DATA.
    if (process.platform !== 'linux') this.skip();
    const output = execFileSync(
      'sh',
      ['-c', `ulimit -d ${ROOM} && exec "$0" "$1"`, process.execPath, CHILD],
      {
        encoding: 'utf8',
      },
    );
    assert.deepEqual(JSON.parse(output), { failure: 'RangeError', waiting: 0, next: '8203010203' });
  });
});
