/** Our reader of scenario documents sees the headings and scripts that a reader of Markdown sees, on the same lines. */
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { describe, it } from 'mocha';
import { readDocuments } from '../../../lib/parity/scenario/documents.js';
import { ROOT } from '../../support/pages.js';

interface Token {
  readonly type: string;
  readonly tag: string;
  readonly info: string;
  readonly content: string;
  /** The first line, from 0, and the line after the last. */
  readonly map: readonly [number, number] | null;
}

/** It has no types. */
const MarkdownIt = createRequire(__filename)('markdown-it') as new () => {
  parse(text: string, environment: object): Token[];
};

describe('the scenario documents', () => {
  it('are the same to a reader of Markdown', () => {
    const documents = readDocuments();
    let count = 0;
    for (const { file, title, scenarios } of documents) {
      const tokens = new MarkdownIt().parse(readFileSync(path.join(ROOT, file), 'utf8'), {});
      const textOf = (index: number): string => tokens[index + 1]!.content;
      const headings = tokens.flatMap((token, index) =>
        token.type === 'heading_open' && token.tag === 'h2'
          ? [{ name: textOf(index), line: token.map![0] + 1 }]
          : [],
      );
      const scripts = tokens
        .filter(({ type, info }) => type === 'fence' && info === 'scenario')
        .map(({ map, content }) => ({ scriptLine: map![0] + 2, script: content.replace(/\n$/, '') }));
      const titles = tokens.flatMap(({ tag, type }, index) =>
        type === 'heading_open' && tag === 'h1' ? [textOf(index)] : [],
      );
      assert.deepEqual(titles, [title], file);
      assert.deepEqual(
        headings,
        scenarios.map(({ name, line }) => ({ name, line })),
        file,
      );
      assert.deepEqual(
        scripts,
        scenarios.map(({ scriptLine, script }) => ({ scriptLine, script })),
        file,
      );
      assert.equal(tokens.filter(({ type }) => type === 'fence').length, scenarios.length, file);
      count += scenarios.length;
    }
    assert.ok(count > 500, String(count));
  });
});
