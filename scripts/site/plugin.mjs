// A plugin of typedoc: pages have the names of their files as addresses, their headings as titles, and the anchors of
// GitHub, so that every link of the repository leads to the same place on the site.
import path from 'node:path';

import { Converter, DocumentReflection, KindRouter, PageEvent, ReflectionKind } from 'typedoc';

import { repository } from '../win32/paths.mjs';
import { accessible } from './accessible.mjs';
import { documents } from './documents.mjs';

const groups = new Map(documents().map(({ file, group }) => [file, group]));
/** The file of each page. */
const files = new WeakMap();

/** The anchor of a heading, as GitHub makes it. */
function anchorOf(heading) {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\s-]/gu, '')
    .replaceAll(' ', '-');
}

class Router extends KindRouter {
  getIdealBaseName(target) {
    const file = files.get(target);
    return file === undefined ? super.getIdealBaseName(target) : file.replace(/\.md$/, '');
  }

  buildPages(project) {
    const pages = super.buildPages(project);
    for (const [target, slugger] of this.sluggers)
      if (target === project || target instanceof DocumentReflection) slugger.serialize = anchorOf;
    return pages;
  }
}

/** The title of a page, without its markup; the page itself keeps its heading. */
function titleOf(document) {
  const text = document.content.map((part) => part.text).join('');
  return /^# (.+)$/m.exec(text)?.[1].replace(/`([^`]*)`/g, '$1') ?? document.name;
}

/** Makes the text of code in headings a part of the anchors and of the table of contents. */
export function codeInHeadings(parser) {
  parser.core.ruler.push('code-in-headings', (state) => {
    state.tokens.forEach((token, index) => {
      if (token.type !== 'inline' || state.tokens[index - 1]?.type !== 'heading_open') return;
      token.children = token.children.flatMap((child) => {
        if (child.type !== 'code_inline') return [child];
        const tag = (text) => Object.assign(new state.Token('html_inline', '', 0), { content: text });
        const text = Object.assign(new state.Token('text', '', 0), { content: child.content });
        return [tag('<code>'), text, tag('</code>')];
      });
    });
  });
}

/** Puts the name of the file above a program: ```js file=server.mjs. A block without a language is text. */
export function namesOfFiles(parser) {
  const fence = parser.renderer.rules.fence;
  parser.renderer.rules.fence = (tokens, index, options, env, self) => {
    tokens[index].info ||= 'text';
    const name = /\bfile=(\S+)/.exec(tokens[index].info)?.[1];
    const code = fence(tokens, index, options, env, self);
    return name === undefined
      ? code
      : `<p class="file-name"><code>${parser.utils.escapeHtml(name)}</code></p>${code}`;
  };
}

/** Lets a reader with a keyboard scroll a wide table or program. */
export function scrollable(parser) {
  parser.renderer.rules.table_open = () =>
    '<div class="wide" role="group" aria-label="Table" tabindex="0"><table>\n';
  parser.renderer.rules.table_close = () => '</table></div>\n';
}

/** The names of the modules, by which programs import them. */
const MODULES = new Map([
  ['lib', 'websocket-protocol-component'],
  ['lib/component', 'websocket-protocol-component/component'],
  ['lib/component/portable', 'websocket-protocol-component/portable'],
  ['lib/topics', 'websocket-protocol-component/topics'],
  ['scripts/site/ws', 'websocket-protocol-component/ws'],
]);

export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (_, reflection) => {
    if (!reflection.kindOf(ReflectionKind.Module)) return;
    const name = MODULES.get(reflection.name);
    if (name === undefined) throw new Error(`no name for the module ${reflection.name}`);
    reflection.name = name;
  });
  app.renderer.defineRouter('files', Router);
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, document) => {
    const file = `${document.name}.md`;
    const known = [...groups.keys()].find((one) => one === file || path.join(repository, one) === file);
    if (known === undefined) throw new Error(`the page ${file} is in no group: scripts/site/documents.mjs`);
    files.set(document, known);
    document.name = titleOf(document);
    document.frontmatter.group = groups.get(known);
  });
  app.renderer.on(PageEvent.END, (page) => {
    if (page.contents === undefined) return;
    page.contents = accessible(page.contents);
    // The README has its own title.
    if (page.url === 'index.html')
      page.contents = page.contents.replace(/<div class="tsd-page-title">[^]*?<\/div>/, '');
  });
  app.on('bootstrapEnd', () => {
    app.options.setValue('markdownItLoader', (parser) => {
      codeInHeadings(parser);
      namesOfFiles(parser);
      scrollable(parser);
    });
  });
}
