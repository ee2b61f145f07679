import { strict as assert } from 'node:assert';
import path from 'node:path';

const SCRIPTS = path.resolve(__dirname, '../../../scripts/win32');
const CHILD = path.resolve(__dirname, '../native/children/refused-memory.js');

interface Wine {
  installStandIn: () => void;
  preparePrefix: () => void;
  runInWine: (
    executable: string,
    args: readonly string[],
    options: { readonly name: string; readonly memory: number },
  ) => { status: number; output: string };
}

interface Nodes {
  nodeVersions: readonly string[];
  windowsNode: (version: string) => string;
}

describe('a process whose memory is short', () => {
  it('is told E_OUTOFMEMORY, and lives', async () => {
    const wine = (await import(path.join(SCRIPTS, 'wine.mjs'))) as Wine;
    const nodes = (await import(path.join(SCRIPTS, 'node.mjs'))) as Nodes;
    const node = nodes.windowsNode(nodes.nodeVersions[0]!);
    wine.preparePrefix();
    wine.installStandIn();
    const seen = new Set<string>();
    // From too little for the payload itself to enough for all: somewhere between, each of the allocations is refused.
    for (let memory = 2_600_000; memory <= 4_200_000; memory += 300_000) {
      const { status, output } = wine.runInWine(node, [CHILD], { name: 'refused-memory', memory });
      if (output === 'there is no payload\n') continue;
      // Windows' Node itself does not start with very little.
      if (!output.includes('by actions')) continue;
      assert.equal(status, 0, output);
      const [byActions, inBulk, alive] = output.split('\n');
      for (const line of [byActions!, inBulk!])
        assert.match(line, /^(by actions|in bulk): (sent|WebSocket\w+ E_OUTOFMEMORY)$/);
      assert.equal(alive, 'alive');
      seen.add(byActions!).add(inBulk!);
    }
    for (const how of ['by actions', 'in bulk']) {
      const answers = [...seen].filter((line) => line.startsWith(how));
      assert.ok(answers.includes(`${how}: sent`), answers.join());
      assert.ok(
        answers.some((line) => line.endsWith('E_OUTOFMEMORY')),
        answers.join(),
      );
    }
  });
});
