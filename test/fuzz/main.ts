/**
 * `npm run fuzz -- [--time SECONDS] [--inputs N] [--target NAME] [--seed N]`: makes inputs from the seeds and the
 * corpus, for each target in turn. An input with a new result is kept until the end of the run. An input that breaks
 * a promise is written to test/fuzz/corpus/TARGET/; every later run, and `npm test`, begins with it.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { corpusOf, CORPUS, TARGETS } from './targets.js';
import { mutate } from './mutate.js';
import { Random } from './random.js';
import type { Target } from './target.js';

const { values } = parseArgs({
  options: {
    time: { type: 'string', default: '60' },
    inputs: { type: 'string', default: 'Infinity' },
    target: { type: 'string' },
    seed: { type: 'string' },
    /** Only for the target `lifecycle`: the interleaving that a failure printed. */
    path: { type: 'string' },
  },
});
const seed = Number(values.seed ?? Date.now() & 0x7fffffff);
const random = new Random(seed);
const targets = TARGETS.filter(({ name }) => values.target === undefined || name === values.target);
if (targets.length === 0 && values.target !== 'lifecycle')
  throw new Error(
    `no target is called ${values.target}: ${[...TARGETS.map(({ name }) => name), 'lifecycle'].join(', ')}`,
  );

const MOST_KEPT = 2000;
const BATCH = 200;
const say = (text: string): void => void process.stdout.write(`${text}\n`);

interface Progress {
  readonly target: Target;
  readonly kept: Buffer[];
  readonly shown: Set<string>;
  inputs: number;
  failures: number;
}

async function attempt(progress: Progress, input: Buffer): Promise<void> {
  progress.inputs++;
  try {
    const signature = await progress.target.run(input, random);
    if (progress.shown.has(signature)) return;
    progress.shown.add(signature);
    if (progress.kept.length < MOST_KEPT) progress.kept.push(input);
  } catch (error) {
    progress.failures++;
    const name = createHash('sha256').update(input).digest('hex').slice(0, 16);
    const folder = path.join(CORPUS, progress.target.name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, name), input);
    say(`${progress.target.name}/${name}: ${(error as Error).stack ?? String(error)}`);
  }
}

async function main(): Promise<void> {
  say(`seed ${seed}`);
  const all: Progress[] = targets.map((target) => ({
    target,
    kept: [...corpusOf(target)],
    shown: new Set(),
    inputs: 0,
    failures: 0,
  }));
  for (const progress of all)
    for (const input of [...progress.kept]) await attempt(progress, Buffer.from(input));
  const end = performance.now() + Number(values.time) * 1000;
  const most = Number(values.inputs) / all.length;
  while (performance.now() < end && all.some(({ inputs }) => inputs < most)) {
    for (const progress of all) {
      for (let count = 0; count < BATCH && progress.inputs < most; count++) {
        await attempt(progress, mutate(random, progress.kept, progress.target.tokens));
      }
      if (progress.failures > 10) throw new Error(`${progress.target.name} fails too often`);
    }
  }
  for (const { target, inputs, shown, failures } of all) {
    say(`${target.name}: ${inputs} inputs, ${shown.size} behaviours, ${failures} failures`);
  }
  const total = all.reduce((sum, { inputs }) => sum + inputs, 0);
  const failures = all.reduce((sum, progress) => sum + progress.failures, 0);
  say(`${total} inputs, ${failures} failures`);
  if (failures > 0) process.exitCode = 1;
}

// The life cycle takes no bytes, so it has its own runner.
if (values.target === 'lifecycle') void import('../lifecycle/main.js');
else void main();
