// Looks for links of the built site that lead nowhere: pages, files and anchors. Links to other sites are not followed.
// linkinator 7 was tried: it asks for each address once, so that of several anchors of a page it checks one, and it sees
// only the pages that a link in the HTML leads to.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const attributes = (html, names) =>
  [...html.matchAll(new RegExp(`<[^>]*?\\s(?:${names})="([^"]*)"`, 'g'))].map(([, value]) =>
    value.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&#39;', "'"),
  );

/** Every attribute of these names, also of several in one tag. */
function values(html, ...names) {
  return names.flatMap((name) => attributes(html, name));
}

/** @returns how many links there are, and those that lead nowhere. */
export function deadLinks(folder) {
  const pages = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.html'));
  const texts = new Map(
    pages.map((page) => [path.join(folder, page), readFileSync(path.join(folder, page), 'utf8')]),
  );
  const anchors = new Map([...texts].map(([file, html]) => [file, new Set(values(html, 'id'))]));
  const dead = [];
  let count = 0;
  for (const [file, html] of texts) {
    for (const link of values(html, 'href', 'src')) {
      if (/^[a-z][a-z\d+.-]*:|^\/\//i.test(link)) continue;
      count++;
      const [address, anchor] = link.split('#');
      const target =
        address === '' ? file : path.join(path.dirname(file), decodeURIComponent(address.split('?')[0]));
      const page = path.relative(folder, file);
      if (!existsSync(target)) dead.push({ page, link, why: 'no such file' });
      else if (anchor && texts.has(target) && !anchors.get(target).has(decodeURIComponent(anchor)))
        dead.push({ page, link, why: 'no such anchor' });
    }
  }
  return { dead, count };
}
