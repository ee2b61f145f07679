/** The guides as a whole: each has tests of its programs, and the index names it. */
import { strict as assert } from 'node:assert';
import { existsSync } from 'node:fs';
import path from 'node:path';

import { guidePages, printedFiles } from '../support/page-programs.js';
import { readPage, relativeLinks, resolveLink } from '../support/pages.js';

const INDEX = 'docs/guides/README.md';
const guides = guidePages().filter((page) => page !== INDEX);

describe('the guides', () => {
  it('are in the index', () => {
    const linked = relativeLinks(readPage(INDEX)).map(({ target }) => resolveLink(INDEX, target).file);
    assert.ok(guides.length > 0);
    assert.deepEqual(
      guides.filter((guide) => !linked.includes(guide)),
      [],
    );
  });

  it('that print files have a test, which fails if a file is not used', () => {
    const withFiles = guidePages().filter((page) => printedFiles(readPage(page)).length > 0);
    assert.deepEqual(
      withFiles.filter(
        (page) => !existsSync(path.join(__dirname, `${path.posix.basename(page, '.md')}.test.js`)),
      ),
      [],
    );
  });
});

describe('the reader of printed files', () => {
  it('finds whole files, and leaves fragments out', () => {
    const page = [
      '```js file=a.mjs',
      'let a = `b`;',
      '```',
      '',
      '```js',
      'fragment();',
      '```',
      '1. In a list:',
      '   ````html file=public/b.html',
      '   <p>',
      '     ```',
      '   ````',
    ].join('\n');
    assert.deepEqual(printedFiles(page), [
      { name: 'a.mjs', language: 'js', text: 'let a = `b`;\n', line: 1 },
      { name: 'public/b.html', language: 'html', text: '<p>\n  ```\n', line: 9 },
    ]);
  });

  it('refuses two files of one name', () => {
    const block = '```js file=a.mjs\n```\n';
    assert.throws(() => printedFiles(`${block}\n${block}`), /line 4 prints a\.mjs for the second time/);
  });
});
