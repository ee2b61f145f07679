/** The workflows are safe, and name only what the repository has. */
import { strict as assert } from 'node:assert';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { parse } from 'yaml';

const ROOT = path.resolve(__dirname, '../../..');
const FOLDER = path.join(ROOT, '.github/workflows');

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly 'timeout-minutes'?: number;
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const { scripts } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

for (const file of readdirSync(FOLDER)) {
  describe(`the workflow ${file}`, () => {
    const text = readFileSync(path.join(FOLDER, file), 'utf8');
    const workflow = parse(text) as Workflow;
    const jobs = Object.entries(workflow.jobs);
    const steps = jobs.flatMap(([, job]) => job.steps);

    it('uses actions by the hash of a commit, with the version beside it', () => {
      const used = text.match(/uses: .*/g) ?? [];
      assert.ok(used.length > 0);
      for (const line of used) assert.match(line, /^uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    });

    it('may only read, but for the identity of the publisher', () => {
      assert.deepEqual(workflow.permissions, { contents: 'read' });
      for (const [, { permissions = {} }] of jobs) {
        for (const [name, right] of Object.entries(permissions)) {
          assert.ok(right === 'read' || name === 'id-token', `${name}: ${right}`);
        }
      }
      assert.equal('pull_request_target' in workflow.on, false);
    });

    it('leaves no credentials in the checkout, and ends', () => {
      for (const [name, job] of jobs) assert.ok(job['timeout-minutes'] !== undefined, name);
      const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@') === true);
      assert.ok(checkouts.length > 0);
      for (const step of checkouts) assert.equal(step.with?.['persist-credentials'], false);
    });

    it('puts nothing of strangers into a script', () => {
      for (const { run = '' } of steps) assert.doesNotMatch(run, /\$\{\{/, run);
    });

    it('names scripts and files that there are', () => {
      const all = steps.map(({ run = '' }) => run).join('\n');
      const named = [...all.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name!);
      assert.ok(named.length > 0);
      for (const name of named) assert.ok(name in scripts, name);
      for (const [, compiled] of all.matchAll(/node dist\/(\S+)\.js/g)) {
        assert.ok(existsSync(path.join(ROOT, `${compiled!}.ts`)), compiled);
      }
      // npx would put a link to the checkout into its cache, or ask the registry for a name.
      assert.doesNotMatch(all, /^\s*npx /m);
    });
  });
}
