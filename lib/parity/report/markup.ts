/**
 * Makes HTML from template strings and escapes every text in it. This is our own code because of the libraries for
 * it: some bring the types of a browser into the whole project (preact, lit), and in the others a mark in the
 * template decides whether a text is escaped.
 */

/** HTML that {@link html} has made, and that is inserted unescaped. */
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

/** Values that may be inserted: text, numbers, other markup, a list of these, or nothing. */
export type Insertable = string | number | Markup | null | undefined | readonly Insertable[];

function textOf(value: Insertable): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Markup) return value.text;
  if (typeof value === 'object') return value.map(textOf).join('');
  return String(value).replace(/[&<>"']/g, (character) => NAMES[character]!);
}

/** Makes HTML from a template. Attribute values must be in double quotes. */
export function html(strings: TemplateStringsArray, ...values: readonly Insertable[]): Markup {
  return new Markup(strings.reduce((text, part, index) => text + textOf(values[index - 1]) + part));
}

/** Marks a constant of the source as HTML, CSS or a script, so that it is not escaped. */
export function verbatim(text: string): Markup {
  return new Markup(text);
}
