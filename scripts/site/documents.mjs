// The pages of the site that are Markdown: which there are, in which group, and in which order.
import { readdirSync } from 'node:fs';
import path from 'node:path';

import { repository } from '../win32/paths.mjs';

/** The groups in the order of the navigation. Pages that are not named follow in the order of their names. */
const GROUPS = [
  ['Guides', 'docs/guides', ['README', 'echo']],
  [
    'Using it',
    'docs',
    [
      'connections',
      'questions',
      'options',
      'events',
      'limits',
      'errors',
      'ws',
      'web',
      'http2',
      'topics',
      'compression',
      'electron',
      'cli',
    ],
  ],
  ['The component', 'docs', ['component', 'native', 'traces', 'parity', 'behaviour', 'demo']],
  ['About it', 'docs', ['comparison', 'performance', 'reliability', 'hosts', 'internals']],
  [
    'The project',
    '.',
    [
      'CHANGELOG',
      'UPGRADING',
      'SECURITY',
      'CONTRIBUTING',
      'examples/README',
      'test/scenarios/README',
      'prebuilds/README',
    ],
  ],
];

const pagesIn = (folder) =>
  readdirSync(path.join(repository, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => name.slice(0, -3))
    .sort();

/** Each page: its file relative to the repository, and its group. */
export function documents() {
  const named = new Set(
    GROUPS.flatMap(([, folder, pages]) => pages.map((page) => path.posix.join(folder, page))),
  );
  const groups = GROUPS.map(([group, folder, pages]) => {
    const isLast = group === 'About it' || group === 'Guides';
    const rest = isLast ? pagesIn(folder).filter((page) => !named.has(path.posix.join(folder, page))) : [];
    return [...pages, ...rest].map((page) => ({ group, file: `${path.posix.join(folder, page)}.md` }));
  });
  return groups.flat();
}

export const groupNames = GROUPS.map(([group]) => group);
