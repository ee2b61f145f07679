/**
 * The blocks of JavaScript and TypeScript on a page, for the compiler.
 *
 * A block is a whole program, or a comment of HTML right before it says what is missing:
 *
 * - `<!-- prelude`, lines, `-->`: imports and declarations that the page leaves out. A block of JavaScript may have them.
 * - `<!-- fragment: reason -->`: the compiler cannot check the block.
 */
import path from 'node:path';

const COMMENT = /^ *<!-- (prelude|fragment)(?:\n|: )([^]*?)\s*-->\s*$/;

const EXTENSIONS: Readonly<Record<string, string>> = {
  js: 'js',
  mjs: 'mjs',
  cjs: 'cjs',
  javascript: 'js',
  ts: 'ts',
  mts: 'mts',
  cts: 'cts',
  typescript: 'ts',
};
const OTHER_LANGUAGES = new Set(
  'sh bash console json jsonc jsonl yaml toml ini html css nginx haproxy caddy mermaid text diff http c cpp'.split(
    ' ',
  ),
);
const LOOKS_LIKE_CODE =
  /^\s*(?:import\b.*\bfrom\b|(?:const|let|class|async function|await)\s|.*\brequire\()/m;

/** A block of JavaScript or TypeScript. */
export interface Snippet {
  /** The line of the page on which the code begins. */
  readonly line: number;
  /** The file that the block would be: with the name of a guide's file, or one made of its line. */
  readonly file: string;
  readonly prelude: string;
  readonly code: string;
  /** Why the block is not checked. */
  readonly fragment: string | undefined;
}

/** The code of a page, and the blocks that are neither code nor something else. */
export interface Snippets {
  readonly code: readonly Snippet[];
  readonly faults: readonly string[];
}

interface Block {
  readonly line: number;
  readonly language: string;
  readonly info: string;
  readonly before: string;
  readonly code: string;
}

function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  const lines = text.split('\n');
  let from = 0;
  for (let at = 0; at < lines.length; at++) {
    const [, indent = '', fence, language = '', info = ''] =
      /^( *)(```+|~~~+)(\w*)(.*)$/.exec(lines[at]!) ?? [];
    if (fence === undefined) continue;
    const end = lines.findIndex((line, index) => index > at && line.trim() === fence);
    if (end < 0) throw new Error(`the block of line ${at + 1} has no end`);
    const code = lines
      .slice(at + 1, end)
      .map((line) => line.replace(new RegExp(`^ {0,${indent.length}}`), ''));
    const before = lines.slice(from, at).join('\n');
    blocks.push({ line: at + 2, language, info, before, code: `${code.join('\n')}\n` });
    from = at = end;
    from++;
  }
  return blocks;
}

/** The comment that ends right before a block. */
function commentOf({ before }: Block): { prelude: string; fragment: string | undefined } {
  const [, kind, text = ''] = COMMENT.exec(before.slice(Math.max(0, before.lastIndexOf('<!--')))) ?? [];
  return {
    prelude: kind === 'prelude' ? `${text}\n` : '',
    fragment: kind === 'fragment' ? text : undefined,
  };
}

/** A block of JavaScript that calls `require` is CommonJS. */
function fileOf({ line, language, info, code }: Block, prelude: string): string {
  const [, given] = / file=(\S+)/.exec(info) ?? [];
  if (given !== undefined) return given;
  const extension = EXTENSIONS[language]!;
  if (extension.length > 2) return `line-${line}.${extension}`;
  return `line-${line}.${/\brequire\(/.test(prelude + code) ? 'c' : 'm'}${extension}`;
}

export function snippetsOf(text: string): Snippets {
  const code: Snippet[] = [];
  const faults: string[] = [];
  for (const block of blocksOf(text)) {
    const { line, language } = block;
    if (EXTENSIONS[language] === undefined) {
      if (language !== '' && !OTHER_LANGUAGES.has(language))
        faults.push(`line ${line}: the language ${language} is not known`);
      if (language === '' && LOOKS_LIKE_CODE.test(block.code))
        faults.push(`line ${line}: this looks like code: name its language`);
      continue;
    }
    const { prelude, fragment } = commentOf(block);
    if (fragment !== undefined && fragment.split(' ').length < 3)
      faults.push(`line ${line}: a fragment needs a reason`);
    code.push({ line, prelude, fragment, code: block.code, file: fileOf(block, prelude) });
  }
  return { code, faults };
}

/** Whether a file is TypeScript. */
export const isTypeScript = (file: string): boolean => path.extname(file).endsWith('ts');
