import { strict as assert } from 'node:assert';
import { inWine } from './wine.js';

const CHILD = 'dist/test/native/children/refused-memory.js';

describe('a process with little memory', () => {
  it('gets E_OUTOFMEMORY, and lives', async () => {
    const run = await inWine();
    const seen = new Set<string>();
    // From too little memory for the payload to enough for everything. In between, each of the allocations fails
    // once.
    for (let memory = 2_600_000; memory <= 4_200_000; memory += 200_000) {
      const { status, output } = run(CHILD, [], { memory });
      if (output === 'there is no payload\n') continue;
      // With very little memory Windows' Node itself does not start.
      if (!output.includes('by actions')) continue;
      assert.equal(status, 0, output);
      const [byActions, inBulk, alive] = output.split('\n');
      for (const line of [byActions!, inBulk!])
        assert.match(line, /^(by actions|in bulk): (sent|WebSocket\w+ E_OUTOFMEMORY)$/);
      assert.equal(alive, 'alive');
      seen.add(byActions!).add(inBulk!);
    }
    const answers = [...seen];
    for (const how of ['by actions', 'in bulk']) assert.ok(answers.includes(`${how}: sent`), answers.join());
    assert.ok(
      answers.some((line) => line.endsWith('E_OUTOFMEMORY')),
      answers.join(),
    );
  });
});
