/** Links, anchors and paths on the pages of the repository lead to something. */
import { strict as assert } from 'node:assert';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

import {
  anchorsOf,
  pagesIn,
  pathsInCode,
  readPage,
  relativeLinks,
  resolveLink,
  ROOT,
} from '../support/pages.js';

const TOP_PAGES = readdirSync(ROOT).filter((name) => name.endsWith('.md'));
const PAGES = [...TOP_PAGES, ...pagesIn('docs', 'examples', 'prebuilds', 'test/scenarios', 'test/stand-in')];
/** The folders of a checkout. A path in `dist/` or `build/` depends on commands that have run. */
const FOLDERS = ['lib', 'test', 'native', 'scripts', 'docs', 'examples', 'bench', '.github', '.ci'];
/** Folders of earlier versions, which the page names on purpose. */
const FORMER: Readonly<Record<string, readonly string[]>> = { 'UPGRADING.md': ['lib/http', 'lib/http2'] };

/** Whether there is such a file. `test/x` also names `test/x.test.ts`; a pattern has to begin with a folder. */
function exists(named: string): boolean {
  const file = named.replace(/[.:]+$/, '');
  const plain = /[*{<]/.test(file) ? path.dirname(file.replace(/[*{<].*$/, 'x')) : file;
  return ['', '.test.ts'].some((suffix) => existsSync(path.join(ROOT, `${plain}${suffix}`)));
}

describe('the pages', () => {
  const anchors = new Map<string, Set<string>>();

  function fault(page: string, target: string): string | undefined {
    const { file, anchor } = resolveLink(page, target);
    if (file.startsWith('..') || !existsSync(path.join(ROOT, file))) return 'no such file';
    // The site copies the files that its pages link to.
    if (statSync(path.join(ROOT, file)).isDirectory()) return 'a folder: link to a file of it';
    if (anchor === '') return undefined;
    if (!file.endsWith('.md')) return 'an anchor in a file that is no page';
    if (!anchors.has(file)) anchors.set(file, anchorsOf(readPage(file)));
    return anchors.get(file)!.has(anchor) ? undefined : 'no such heading';
  }

  it('link to files and headings that there are', () => {
    let count = 0;
    const faults: string[] = [];
    for (const page of PAGES) {
      for (const { line, target } of relativeLinks(readPage(page))) {
        count++;
        const reason = fault(page, target);
        if (reason !== undefined) faults.push(`${page}:${line}: ${target}: ${reason}`);
      }
    }
    assert.ok(count > 500, String(count));
    assert.deepEqual(faults, []);
  });

  it('name paths that there are', () => {
    let count = 0;
    const faults: string[] = [];
    for (const page of PAGES) {
      for (const { line, target } of pathsInCode(readPage(page), FOLDERS)) {
        // An installation makes these folders.
        if (target.split('/').includes('node_modules')) continue;
        count++;
        if (!exists(target) && FORMER[page]?.includes(target) !== true)
          faults.push(`${page}:${line}: ${target}`);
      }
    }
    assert.ok(count > 100, String(count));
    assert.deepEqual(faults, []);
  });

  it('are there where messages and comments of the sources name them', () => {
    let count = 0;
    const faults: string[] = [];
    for (const folder of ['lib', 'native', 'scripts']) {
      for (const entry of readdirSync(path.join(ROOT, folder), { withFileTypes: true, recursive: true })) {
        if (!entry.isFile() || !/\.(?:ts|mjs|cc|h|json)$/.test(entry.name)) continue;
        const source = path.join(entry.parentPath, entry.name);
        for (const [named] of readFileSync(source, 'utf8').matchAll(/\bdocs\/[\w./-]+\.md(?:#[\w-]+)?/g)) {
          count++;
          const reason = fault('README.md', named);
          if (reason !== undefined) faults.push(`${path.relative(ROOT, source)}: ${named}: ${reason}`);
        }
      }
    }
    assert.ok(count > 5, String(count));
    assert.deepEqual(faults, []);
  });
});

describe('the reader of pages', () => {
  it('finds links and anchors as GitHub does', () => {
    const page = [
      '# A `send()` & [more](x.md)',
      '',
      '```js',
      '# no heading, [no](link.md)',
      '```',
      '## Two words ##',
      '## Two words',
      'See [`a`](a.md#b "title"), `[no](link.md)`, [out](https://example.com/), <img src="p.svg">.',
      '[name]: <docs/z.md>',
    ].join('\n');
    assert.deepEqual([...anchorsOf(page)], ['a-send--more', 'two-words', 'two-words-1']);
    assert.deepEqual(relativeLinks(page), [
      { line: 1, target: 'x.md' },
      { line: 8, target: 'a.md#b' },
      { line: 8, target: 'p.svg' },
      { line: 9, target: 'docs/z.md' },
    ]);
    assert.deepEqual(resolveLink('docs/a.md', '../b%20c.md#d'), { file: 'b c.md', anchor: 'd' });
    assert.deepEqual(resolveLink('docs/a.md', '#d'), { file: 'docs/a.md', anchor: 'd' });
  });

  it('finds paths in code, and no others', () => {
    assert.deepEqual(
      pathsInCode('lib/no `lib/a.ts`\n```\ntest/no\n```\n`node bench/run.mjs --x test/b`, `dist/c`', [
        'lib',
        'bench',
        'test',
      ]),
      [
        { line: 1, target: 'lib/a.ts' },
        { line: 5, target: 'bench/run.mjs' },
        { line: 5, target: 'test/b' },
      ],
    );
  });
});
