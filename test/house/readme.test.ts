import { strict as assert } from 'node:assert';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

import { readDocuments } from '../../lib/parity/scenario/documents.js';
import { readSpecItems } from '../../lib/parity/spec-coverage.js';
import { statusOf } from '../../lib/parity/status.js';
import { PEER_CASES } from '../peer-cases/cases.js';

const REPOSITORY = path.resolve(__dirname, '../../..');

for (const page of ['README.md', 'docs/demo.md'])
  describe(`the examples of ${page}`, () => {
    const text = readFileSync(path.join(REPOSITORY, page), 'utf8');
    const examples = [...text.matchAll(/```js\n(.*?)```\n+It prints `(.*?)`/gs)];
    // Inside of the package, so that it can import the package by its name.
    const file = path.join(REPOSITORY, 'dist', 'readme-example.mjs');

    after(() => rm(file, { force: true }));

    it('are all run here', () => {
      assert.equal(examples.length, text.split('```js\n').length - 1);
      assert.ok(examples.length > 0);
    });

    for (const [, example, printed] of examples) {
      it(`print the output on the page: ${printed}`, async () => {
        await writeFile(file, example!);
        const { stdout, stderr } = await promisify(execFile)(process.execPath, [file]);
        assert.equal(stderr, '');
        assert.equal(stdout, `${printed}\n`);
      });
    }
  });

describe('the figures of the README', () => {
  const read = (file: string): string => readFileSync(path.join(REPOSITORY, file), 'utf8');
  const figure = (text: string, pattern: RegExp): number => Number(pattern.exec(text)?.[1]);

  it('agree with the scenarios and the peer cases', () => {
    const readme = read('README.md');
    const scenarios = figure(read('docs/behaviour.md'), /^(\d+) scenarios show/m);
    assert.ok(scenarios > 0);
    assert.equal(figure(readme, /^\| (\d+) scenarios of/m), scenarios);
    assert.equal(figure(readme, /^\| (\d+) cases of framing/m), PEER_CASES.length);
    assert.equal(figure(read('docs/parity.md'), / played (\d+) scenarios on both/), scenarios);
  });

  it('of the comparison are those of docs/performance.md', () => {
    const section = read('docs/comparison.md').split('## Speed and memory')[1]!;
    const lines = read('docs/performance.md').split('\n');
    let count = 0;
    for (const row of section.split('\n').filter((line) => /^\| .*\d,\d{3}/.test(line))) {
      const cells = row
        .split('|')
        .slice(2, -1)
        .map((cell) => cell.trim());
      const absolute = /^1 \(([\d,]+)\)$/.exec(cells[0]!)?.[1];
      // Ratios stand in the line of their absolute figure; a row without ratios has a line for each package.
      const line =
        absolute === undefined
          ? lines.join('\n')
          : lines.find((one) => one.includes(`| ${absolute} `) || one.includes(` ${absolute} |`));
      for (const cell of cells) {
        count++;
        const number = absolute !== undefined && cell.startsWith('1 (') ? absolute : cell;
        assert.match(line ?? '', new RegExp(`[| ]${number.replaceAll('.', '\\.')}[| (]`), `${row}: ${cell}`);
      }
    }
    assert.ok(count >= 20, String(count));
  });

  it('agree with wspc parity status', () => {
    const { scenarios, unrecorded, recordedOn, questions, openQuestions } = statusOf(
      readSpecItems(),
      readDocuments(),
    );
    const recorded = Object.values(recordedOn).reduce((sum, number) => sum + number, 0);
    const hints = unrecorded['win+'] + unrecorded.win + unrecorded.guess;
    const expected: readonly (readonly [number: number, confirmedBy: string])[] = [
      [recorded, 'a recording'],
      [unrecorded['win+'], 'programs of others .* without'],
      [unrecorded.win, 'programs of others .* could be'],
      [scenarios - hints - recorded, "Microsoft's documentation"],
      [unrecorded.guess, 'nothing yet'],
    ];
    const readme = read('README.md');
    for (const [number, confirmedBy] of expected)
      assert.equal(figure(readme, new RegExp(`^\\| (\\d+) \\| ${confirmedBy}`, 'm')), number, confirmedBy);
    const open = Object.values(openQuestions).reduce((sum, number) => sum + number, 0);
    const guessed = openQuestions.guessed;
    const [, all, answered, seen, left] =
      /^Of (\d+) open questions, Windows has answered (\d+), programs on Windows have answered (\d+), and (\d+)/m.exec(
        readme,
      ) ?? [];
    assert.deepEqual([all, answered, seen, left].map(Number), [
      questions.length,
      questions.length - open,
      open - guessed,
      guessed,
    ]);
  });
});
