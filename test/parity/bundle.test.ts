import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { portable } from '../../lib/component/index.js';
import { adopt } from '../../lib/parity/adopt.js';
import { ANSWERS_FILE, readAnswersSource } from '../../lib/parity/answers-source.js';
import {
  BundleFormatError,
  originOf,
  parseBundle,
  recordBundle,
  renderBundle,
} from '../../lib/parity/bundle.js';
import { packageRoot, readDocuments } from '../../lib/parity/scenario/documents.js';

const ESCAPE = '\u001b[2J\u001b]0;title\u0007';
const HEADING = '\n```\n\n## Another heading\n\n<script>alert(1)</script>\n';

/** A bundle as anybody may change it. */
interface Loose {
  system: Record<string, unknown>;
  scenarios: {
    file: string;
    name: string;
    questions: string[];
    observations: { statement: string; answer: string[]; note?: string }[];
    [other: string]: unknown;
  }[];
  [other: string]: unknown;
}

const documents = readDocuments().filter(({ file }) => /(send|probes\/client-send)\.md$/.test(file));
const text = renderBundle(recordBundle(documents, portable));

/** The first answer that begins with these characters. */
function answerOf({ scenarios }: Loose, start: string): string[] {
  for (const { observations } of scenarios)
    for (const { answer } of observations) if (answer[0]?.startsWith(start) === true) return answer;
  throw new Error(`no answer begins with ${start}`);
}

function changed(change: (bundle: Loose) => void): string {
  const bundle = JSON.parse(text) as Loose;
  change(bundle);
  return JSON.stringify(bundle);
}

function adopted(bundle: string): ReturnType<typeof adopt> {
  const root = packageRoot();
  const texts = new Map(documents.map(({ file }) => [file, readFileSync(path.join(root, file), 'utf8')]));
  return adopt(parseBundle(bundle), documents, texts, { path: ANSWERS_FILE, source: readAnswersSource() });
}

const MALFORMED: readonly (readonly [what: string, change: (bundle: Loose) => void, message: RegExp])[] = [
  ['no system', (bundle) => void (bundle.system = null as never), /system/],
  ['a system with another field', ({ system }) => void (system['user'] = 'me'), /user/],
  ['a claim to be Windows', ({ system }) => void (system['isWindows'] = true), /recorded on portable engine/],
  [
    'a name of its own for the machine',
    ({ system }) => void (system['recordedOn'] = 'Windows 11'),
    /recorded on portable engine, and says Windows 11/,
  ],
  [
    'a heading in the name of the machine',
    ({ system }) => void (system['recordedOn'] = `Windows 11${HEADING}`),
    /system\.recordedOn: a control character/,
  ],
  [
    'an escape in the version of Node',
    ({ system }) => void (system['node'] = `v20.0.0${ESCAPE}`),
    /system\.node/,
  ],
  ['a DLL of no version', ({ system }) => void (system['dll'] = '10.0;rm'), /system\.dll/],
  [
    'a file elsewhere',
    ({ scenarios }) => void (scenarios[0]!.file = '../../../etc/x.md'),
    /scenarios\.0\.file/,
  ],
  [
    'an absolute file',
    ({ scenarios }) => void (scenarios[0]!.file = '/test/scenarios/x.md'),
    /scenarios\.0\.file/,
  ],
  [
    'a scenario of a name alone',
    (bundle) => void (bundle.scenarios = [{ name: '__proto__' } as never]),
    /scenarios\.0/,
  ],
  ['a question that is none', ({ scenarios }) => void scenarios[0]!.questions.push('__proto__'), /questions/],
  [
    'observations of other kinds',
    ({ scenarios }) => void (scenarios[0]!.observations = [null, 5] as never),
    /observations/,
  ],
  ['a name twice', ({ scenarios }) => void (scenarios[1]!.name = scenarios[0]!.name), /there twice/],
  ['an escape in a name', ({ scenarios }) => void (scenarios[0]!.name += ESCAPE), /scenarios\.0\.name/],
  [
    'a mark of direction in a name',
    ({ scenarios }) => void (scenarios[0]!.name += '\u202e'),
    /scenarios\.0\.name/,
  ],
  ['an escape in a note', ({ scenarios }) => void (scenarios[0]!.observations[0]!.note = ESCAPE), /note/],
  ['an escape in an answer', (bundle) => void answerOf(bundle, '! ').push(ESCAPE), /answer/],
  ['a heading in an answer', (bundle) => void answerOf(bundle, '! ').push(HEADING), /answer/],
  [
    'code for an error code',
    (bundle) => void (answerOf(bundle, '! ')[0] = '! x"};process.exit();//'),
    /observation \d+/,
  ],
  [
    'an error code that is none',
    (bundle) => void (answerOf(bundle, '! ')[0] = '! E_OWNED'),
    /there is no code E_OWNED/,
  ],
  [
    'a step that is none',
    (bundle) => void (answerOf(bundle, '-> ')[0] = `-> write ${'a'.repeat(1e5)}`),
    /observation \d+/,
  ],
  ['an answer in another style', (bundle) => void answerOf(bundle, '! ').push('! E_FAIL'), /observation \d+/],
  [
    'more observations than calls',
    ({ scenarios }) => {
      const { observations } = scenarios[0]!;
      observations.push(observations[0]!, observations[0]!);
    },
    /observations of \d+ calls/,
  ],
];

describe('a bundle', () => {
  it('is read unchanged', () => {
    assert.equal(renderBundle(parseBundle(text)), text);
    assert.ok(adopted(text).confirmed.length > 20);
  });

  for (const [what, change, message] of MALFORMED) {
    it(`is refused as a whole: ${what}`, () => {
      const bundle = changed(change);
      assert.notEqual(bundle, text);
      assert.throws(
        () => adopted(bundle),
        (error) => {
          assert.ok(error instanceof BundleFormatError, String(error));
          assert.match(error.message, message);
          // eslint-disable-next-line no-control-regex -- the characters that a terminal would obey
          assert.doesNotMatch(error.message, /[\u0000-\u001f\u007f-\u009f\u202e]/);
          assert.ok(error.message.length < 500, String(error.message.length));
          return true;
        },
      );
    });
  }

  it('is refused if it is no JSON, no bundle, or of another version', () => {
    assert.throws(() => parseBundle('{'), /no JSON/);
    for (const other of ['null', '5', '[]', '{}', '"x"'])
      assert.throws(() => parseBundle(other), /no parity bundle/);
    assert.throws(
      () => parseBundle(changed((bundle) => void (bundle['version'] = `2${ESCAPE}`))),
      /version 2/,
    );
  });

  it('names the answering component by its versions alone', () => {
    const bundle = changed(({ system }) => {
      Object.assign(system, { dll: '10.0.26100.1', release: '10.0.26100', platform: 'win32' });
      Object.assign(system, originOf('10.0.26100.1', '10.0.26100'));
    });
    const { system } = parseBundle(bundle);
    assert.deepEqual(
      [system.isWindows, system.recordedOn],
      [true, 'Windows 10.0.26100 (websocket.dll 10.0.26100.1)'],
    );
  });
});
