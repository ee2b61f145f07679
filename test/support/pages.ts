/** The Markdown pages of the repository: their links, their paths, and the anchors that GitHub gives to their headings. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const ROOT = path.resolve(__dirname, '../../..');

const FENCED = /^ *(```+|~~~+)[^\n]*\n[\s\S]*?^ *\1[^\n]*$/gm;
const CODE = /(?<!`)(`+)(?!`)((?:(?!\n\n)[\s\S])*?[^`])\1(?!`)/g;
// [text](target "title"), [name]: target, and the attributes of HTML.
const LINK = /\]\(\s*<?([^\s)>]+)>?[^)]*\)|^ {0,3}\[[^\]]+\]:\s*<?([^\s>]+)|(?:href|src)="([^"]+)"/gm;

/** A link or a path, and the line of the page on which it is. */
export interface Mention {
  readonly line: number;
  readonly target: string;
}

/** The pages of these folders, which are relative to the repository, and of their folders. */
export function pagesIn(...folders: readonly string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(path.join(ROOT, folder), { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
      .map((entry) => path.relative(ROOT, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'))
      .filter((page) => !page.includes('node_modules/')),
  );
}

export function readPage(page: string): string {
  return readFileSync(path.join(ROOT, page), 'utf8').replaceAll('\r\n', '\n');
}

/** The text without these parts. The lines keep their numbers. */
function without(text: string, pattern: RegExp): string {
  return text.replace(pattern, (part) => part.replace(/[^\n]/g, ''));
}

function mentions(text: string, pattern: RegExp): Mention[] {
  return [...text.matchAll(pattern)].map((match) => ({
    line: text.slice(0, match.index).split('\n').length,
    target: match[1] ?? match[2] ?? match[3]!,
  }));
}

/** The links of a page that lead to the page itself or to a file of the repository. */
export function relativeLinks(text: string): Mention[] {
  return mentions(without(without(text, FENCED), CODE), LINK).filter(
    ({ target }) => !/^[a-z][a-z\d+.-]*:|^\/\//i.test(target),
  );
}

/** The paths of the repository that a page names in code. */
export function pathsInCode(text: string, topFolders: readonly string[]): Mention[] {
  const prose = without(text, FENCED);
  return [...prose.matchAll(CODE)].flatMap((match) => {
    const line = prose.slice(0, match.index).split('\n').length;
    return match[2]!
      .split(/[\s='"`()[\],;]+/)
      .filter((word) => topFolders.some((folder) => word.startsWith(`${folder}/`)))
      .map((target) => ({ line, target }));
  });
}

/** The anchors of a page: of each heading, as GitHub makes them. */
export function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading] of without(text, FENCED).matchAll(/^#{1,6} +(.+?)(?: +#+)? *$/gm)) {
    const slug = heading!
      .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\s-]/gu, '')
      .replaceAll(' ', '-');
    // The second heading of the same words ends with -1.
    let anchor = slug;
    for (let number = 1; anchors.has(anchor); number++) anchor = `${slug}-${number}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** The file of the repository that a link of a page leads to, and its anchor. */
export function resolveLink(page: string, target: string): { file: string; anchor: string } {
  const [file = '', anchor = ''] = target.split('#');
  return {
    file: file === '' ? page : path.posix.join(path.posix.dirname(page), decodeURIComponent(file)),
    anchor,
  };
}
