/** The benches work: each group is measured once, in its smallest form. No figure is judged. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Program } from '../support/program.js';

interface Summary {
  readonly median: number;
}
interface Group {
  readonly id: string;
  readonly contenders: readonly string[];
  readonly results: readonly {
    readonly id: string;
    readonly results: Readonly<Record<string, Readonly<Record<string, Summary>>>>;
  }[];
}

const REPOSITORY = path.resolve(__dirname, '../../..');
/** Contenders that cannot do the work of a row: undici is a client, and the others do not compress for all at once. */
const ABSENT = new Set([
  'undici parse-32',
  'undici send-16k-server',
  'uwebsockets broadcast-1000x1024-compressed',
  'net broadcast-1000x1024-compressed',
]);

describe('npm run bench', function () {
  this.timeout(600_000);
  let folder: string;
  const file = (name: string): string => path.join(folder, name);
  before(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'wspc-bench-'));
    // The second test has no npm in its PATH.
    const peers = JSON.stringify(pathToFileURL(path.join(REPOSITORY, 'bench/peers.mjs')));
    const install = `(await import(${peers})).installPeers()`;
    const program = new Program(process.execPath, ['--input-type=module', '-e', install], process.env);
    assert.equal(await program.ended(), 0, program.errors);
  });
  after(() => rmSync(folder, { recursive: true }));

  /** Without coverage, which hundreds of processes would write. */
  async function bench(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Program> {
    const program = new Program(process.execPath, [path.join(REPOSITORY, 'bench/run.mjs'), ...args], {
      ...process.env,
      NODE_V8_COVERAGE: undefined,
      ...env,
    });
    await program.ended();
    return program;
  }

  it('measures every contender of every group, and writes the tables', async function () {
    if (process.platform !== 'linux') this.skip();
    const page = readFileSync(path.join(REPOSITORY, 'docs/performance.md'), 'utf8');
    writeFileSync(file('page.md'), page);
    const before = {
      'parse-32': { title: 'parse', speed: 1e9, date: '2000-01-01' },
      'client-1x1-32': { title: 'client', speed: 1e-9, date: '2000-01-01' },
    };
    writeFileSync(file('figures.json'), JSON.stringify(before));
    const whole = await bench([
      '--smallest',
      ...['--json', file('all.json'), '--write', file('page.md'), '--figures', file('figures.json')],
    ]);
    assert.equal(await whole.ended(), 0, whole.errors);

    const { groups } = JSON.parse(readFileSync(file('all.json'), 'utf8')) as { groups: readonly Group[] };
    const written = readFileSync(file('page.md'), 'utf8');
    const marks = [...page.matchAll(/<!-- bench (\S+) -->/g)].map(([, name]) => name);
    assert.deepEqual(new Set(groups.map(({ id }) => id).concat('summary')), new Set(marks));
    for (const { id: group, contenders, results } of groups) {
      assert.ok(results.length > 0, group);
      for (const { id, results: figures } of results) {
        for (const contender of contenders.filter((name) => !ABSENT.has(`${name} ${id}`))) {
          const medians = Object.values(figures[contender] ?? {}).map(({ median }) => median);
          assert.ok(medians.length > 0 && medians.every(Number.isFinite), `${contender} in ${id}`);
        }
      }
      assert.match(
        written,
        new RegExp(`<!-- bench ${group} -->\\n\\n\`npm run bench -- --smallest --case ${group}\``),
      );
    }
    const [, summary] = /<!-- bench summary -->([^]*)<!-- \/bench summary -->/.exec(written) ?? [];
    assert.match(summary ?? '', /\| Engine, in memory: parse 32 B, positions only \| .*\(2000-01-01\) \|/);
    assert.doesNotMatch(summary ?? '', /Clients/);
  });

  it('tells where the time goes without perf, too', async () => {
    const profile = await bench(['--smallest', '--profile', 'parse-125'], { PATH: folder });
    assert.equal(await profile.ended(), 0, profile.errors);
    assert.match(profile.output, /perf is not there/);
    assert.match(profile.output, /\| work .*\| ours \|[^]*\| parse 125 B +\|/);
  });

  it('refuses names that no row has, and tables of some rows of a group', async () => {
    const unknown = await bench(['--case', 'nothing']);
    assert.notEqual(await unknown.ended(), 0);
    assert.match(unknown.errors, /no group and no row begins with nothing/);
    const partial = await bench(['--case', 'parse-32', '--write', file('page.md')]);
    assert.notEqual(await partial.ended(), 0);
    assert.match(partial.errors, /--write is for whole groups: engine/);
  });
});
