/** The parts of `npm run docs:site`. The command itself checks the built site. */
import { strict as assert } from 'node:assert';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, it } from 'mocha';
import { pagesIn, readPage, ROOT } from '../support/pages.js';

const script = async <T>(file: string): Promise<T> =>
  (await import(pathToFileURL(path.join(ROOT, 'scripts/site', file)).href)) as T;

describe('the site', () => {
  it('has every page of docs, once', async () => {
    const { documents } = await script<{ documents(): { file: string }[] }>('documents.mjs');
    const files = documents().map(({ file }) => file);
    assert.equal(new Set(files).size, files.length);
    const pages = pagesIn('docs');
    assert.ok(pages.length > 20);
    assert.deepEqual(
      pages.filter((page) => !files.includes(page)),
      [],
    );
  });

  it('highlights every language of its programs', async () => {
    const { options } = await script<{
      options: { highlightLanguages: string[]; ignoredHighlightLanguages: string[] };
    }>('typedoc.mjs');
    const { documents } = await script<{ documents(): { file: string }[] }>('documents.mjs');
    const known = new Set([...options.highlightLanguages, ...options.ignoredHighlightLanguages, 'js', 'ts']);
    const faults = documents().flatMap(({ file }) =>
      [...readPage(file).matchAll(/^ *```(\w+)/gm)]
        .filter(([, language]) => !known.has(language!))
        .map(([, language]) => `${file}: ${language!}`),
    );
    assert.deepEqual(faults, []);
  });

  it('is searched for links that lead to no file or to no anchor', async () => {
    const { deadLinks } = await script<{
      deadLinks(folder: string): { dead: { link: string; why: string }[]; count: number };
    }>('links.mjs');
    const folder = await mkdtemp(path.join(os.tmpdir(), 'wspc-site-'));
    try {
      const links = [
        'b.html',
        'b.html#here',
        'b.html#away',
        'c.html',
        '#top',
        '#bottom',
        'https://example.com/',
      ];
      const anchors = links.map((link) => `<a class="x" href="${link}">x</a>`).join('');
      await writeFile(path.join(folder, 'a.html'), `<body id="top"><img src="d.png">${anchors}`);
      await writeFile(path.join(folder, 'b.html'), '<p id="here">');
      const { dead, count } = deadLinks(folder);
      assert.equal(count, 7);
      assert.deepEqual(
        dead.map(({ link, why }) => `${link}: ${why}`),
        [
          'b.html#away: no such anchor',
          'c.html: no such file',
          '#bottom: no such anchor',
          'd.png: no such file',
        ],
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('has no gap in the levels of its headings, and no link inside of a control', async () => {
    const { accessible } = await script<{ accessible(html: string): string }>('accessible.mjs');
    assert.equal(
      accessible(
        '<h1>a</h1><h4 id="b">b</h4><h2>c</h2><summary><a href="#x" class="tsd-anchor-icon">x</a>y</summary>',
      ),
      '<h1>a</h1><h4 aria-level="2" id="b">b</h4><h2>c</h2><summary>y</summary>',
    );
  });
});
