import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'mocha';
import { HRESULTS } from '../../lib/component/errors.js';

const root = path.join(__dirname, '..', '..', '..');
const page = readFileSync(path.join(root, 'docs', 'errors.md'), 'utf8');
const headings = [...page.matchAll(/^### (.*)$/gm)].map(([, heading]) => heading!);
/** The text of each code, without its heading. */
const texts = new Map(
  page
    .split(/^### /m)
    .slice(1)
    .map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n')).split(/^#/m)[0]!]),
);

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    return entry.isDirectory() ? sources(file) : [file];
  });
}

/** Codes of Node's own errors, which the source only compares. */
const CODES_OF_NODE: readonly string[] = ['ERR_STREAM_DESTROYED', 'ERR_TLS_HANDSHAKE_TIMEOUT'];

describe('docs/errors.md', () => {
  const inSource = new Set(
    sources(path.join(root, 'lib')).flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/'(ERR_[A-Z_]+)'/g)]
        .map(([, code]) => code!)
        .filter((code) => !CODES_OF_NODE.includes(code)),
    ),
  );

  it('has a heading for each code in the source', () => {
    const codes = [...inSource, ...Object.keys(HRESULTS)];
    assert.ok(codes.length > 20);
    assert.deepEqual(
      codes.filter((code) => !headings.includes(code)),
      [],
    );
  });

  it('has no heading for a code that does not exist', () => {
    const codes = headings.filter((heading) => /^E(RR)?_/.test(heading));
    assert.deepEqual(
      codes.filter((code) => !inSource.has(code) && !(code in HRESULTS)),
      [],
    );
  });

  for (const answer of ['Cause', 'The peer saw', 'To do'])
    it(`says of each code: ${answer}`, () => {
      const pattern = new RegExp(`^- \\*\\*${answer}:\\*\\* [A-Z0-9\`][^]{6}`, 'm');
      assert.deepEqual(
        [...texts].filter(([, text]) => !pattern.test(text)).map(([code]) => code),
        [],
      );
    });

  it('has the number of each HRESULT', () => {
    for (const [code, value] of Object.entries(HRESULTS))
      assert.ok(texts.get(code)!.includes(`0x${value.toString(16).toUpperCase()}. `), code);
  });

  it('has each heading once', () => {
    assert.equal(new Set(headings).size, headings.length);
  });
});
