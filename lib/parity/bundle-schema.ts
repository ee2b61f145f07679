/**
 * The rules that a bundle must meet before any of it is used. Bundles come from strangers, attached to issues. A
 * reader shows their texts on a terminal, and writes them into documents and into the table of answers. So every text
 * is one line without control characters, `recordedOn` must be the name that the recorder would give to the DLL, and
 * the only files that a bundle may name are scenario documents.
 */
import * as v from '../vendor/valibot.js';
import { isPrintable, printable } from './printable.js';

/** Characters of the longest line: a payload of 256 KiB in hexadecimal digits. */
const LONGEST_LINE = 1_000_000;
const LONGEST_NAME = 300;

const line = (longest: number) =>
  v.pipe(
    v.string(),
    v.maxLength(longest, `longer than ${longest} characters`),
    v.check(isPrintable, 'a control character, or one that does not show'),
  );

/** A list of lines. */
const lines = v.pipe(
  v.string(),
  v.maxLength(LONGEST_LINE, `longer than ${LONGEST_LINE} characters`),
  v.check((text) => text.split('\n').every(isPrintable), 'a control character, or one that does not show'),
);

const word = (pattern: RegExp, what: string) => v.pipe(v.string(), v.maxLength(80), v.regex(pattern, what));

const system = v.strictObject({
  backend: word(/^(?:native|portable)$/, 'neither native nor portable'),
  dll: v.nullable(word(/^(?:\d+(?:\.\d+){1,3}|without a version)$/, 'no file version')),
  recordedOn: line(LONGEST_NAME),
  isWindows: v.boolean(),
  platform: word(/^[a-z][a-z0-9]*$/, 'no platform'),
  release: word(/^\w[\w.+~-]*$/, 'no release of an operating system'),
  arch: word(/^[a-z][a-z0-9_]*$/, 'no processor'),
  node: word(/^v\d+\.\d+\.\d+[\w.+-]*$/, 'no version of Node'),
});

const observation = v.strictObject({
  statement: line(LONGEST_LINE),
  answer: v.array(line(LONGEST_LINE)),
  note: v.optional(lines),
});

const scenario = v.strictObject({
  file: word(/^test\/scenarios\/(?:[\w-]+\/)*[\w-]+\.md$/, 'no scenario document'),
  name: line(LONGEST_NAME),
  questions: v.array(word(/^Q-[A-Z]\d+$/, 'no open question')),
  observations: v.array(observation),
  events: v.optional(
    v.array(v.strictObject({ id: v.pipe(v.number(), v.integer()), text: line(LONGEST_LINE) })),
  ),
});

const bundle = v.strictObject({
  format: v.string(),
  version: v.number(),
  system,
  scenarios: v.array(scenario),
});

/** A bundle that was read; every part of it has been checked. */
export type ReadBundle = v.InferOutput<typeof bundle>;

/** Characters of a bundle's text that a message shows at most. */
const SHOWN = 60;

/** Checks that a value is a bundle. Returns the bundle, or a text that says what is wrong and where. */
export function checkBundle(value: unknown): ReadBundle | string {
  const { success, output, issues } = v.safeParse(bundle, value, { abortEarly: true });
  if (success) return output;
  const [issue] = issues;
  const where = printable(v.getDotPath(issue) ?? 'the whole').slice(0, 2 * SHOWN);
  const what = issue.message.startsWith('Invalid ')
    ? `${issue.expected ?? 'something else'} is expected`
    : issue.message;
  const seen = printable(typeof issue.input === 'string' ? JSON.stringify(issue.input) : issue.received);
  return `${where}: ${what}: ${seen.length > SHOWN ? `${seen.slice(0, SHOWN)} …` : seen}`;
}
