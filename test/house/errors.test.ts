import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'mocha';
import { HRESULTS } from '../../lib/component/errors.js';

const root = path.join(__dirname, '..', '..', '..');
const headings = [...readFileSync(path.join(root, 'docs', 'errors.md'), 'utf8').matchAll(/^### (.*)$/gm)].map(
  ([, heading]) => heading!,
);

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    return entry.isDirectory() ? sources(file) : [file];
  });
}

/** Codes of Node's own errors, which the source only compares. */
const CODES_OF_NODE: readonly string[] = ['ERR_STREAM_DESTROYED'];

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

  it('has each heading once', () => {
    assert.equal(new Set(headings).size, headings.length);
  });
});
