/**
 * HTML in template strings, with every text in it escaped. Own code, because the libraries that do this either bring the
 * types of a browser into the whole project (preact, lit) or leave it to a mark in the template whether a text is escaped.
 */

/** HTML that {@link html} has made; any other text is escaped. */
export class Markup {
  constructor(readonly text: string) {}
}

const NAMES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** What may be inserted: text, numbers, other markup, a list of these, or nothing. */
export type Insertable = string | number | Markup | null | undefined | readonly Insertable[];

function textOf(value: Insertable): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Markup) return value.text;
  if (typeof value === 'object') return value.map(textOf).join('');
  return String(value).replace(/[&<>"']/g, (character) => NAMES[character]!);
}

/** Makes HTML of a template. Attributes stand in double quotes. */
export function html(strings: TemplateStringsArray, ...values: readonly Insertable[]): Markup {
  return new Markup(strings.reduce((text, part, index) => text + textOf(values[index - 1]) + part));
}

/** Text that is HTML, CSS or a script already: a constant of the source. */
export function verbatim(text: string): Markup {
  return new Markup(text);
}
