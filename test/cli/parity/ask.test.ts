import { strict as assert } from 'node:assert';
import { writeFileSync } from 'node:fs';
import os from 'node:os';

import { portable } from '../../../lib/component/index.js';
import {
  firstDocuments,
  firstScenarios,
  MOST_LINES,
  parseAsked,
  renderAsked,
} from '../../../lib/parity/ask.js';
import { parseBundle, recordBundle } from '../../../lib/parity/bundle.js';
import type { Bundle } from '../../../lib/parity/bundle.js';
import { readDocuments } from '../../../lib/parity/scenario/documents.js';
import { Checkout } from '../../support/checkout.js';

/** Other answers to what is asked first. */
const OTHER_ANSWERS: readonly (readonly [before: string, after: string])[] = [
  ['"acceptsNoSubprotocol": false', '"acceptsNoSubprotocol": true'],
  ['"acceptsNoExtension": true', '"acceptsNoExtension": false'],
  ['"contiguous": true', '"contiguous": false'],
  ['"pongBetweenSlices": false', '"pongBetweenSlices": true'],
  ['"receiveBufferSize": 256', '"receiveBufferSize": 512'],
  [
    '"Q-P8": { "refusedStatuses": [1005, 1006, 1015]',
    '"Q-P8": { "refusedStatuses": [1004, 1005, 1006, 1015]',
  ],
  ['"0x1c": "E_INVALIDARG"', '"0x1c": "E_INVALID_PROTOCOL_OPERATION"'],
];

/** What `wspc parity adopt --json` says. */
interface Adopted {
  readonly corrections: readonly {
    readonly question: string;
    readonly name: string;
    readonly value: unknown;
  }[];
  readonly contradicted: readonly { readonly name: string }[];
  readonly files: string[];
}

/** The text as a program for mail, or an issue, gives it back. */
const PASTED: readonly (readonly [how: string, paste: (text: string) => string])[] = [
  ['as it was printed', (text) => text],
  ['quoted, with a greeting', (text) => `Hello,\r\n\r\n> ${text.replaceAll('\n', '\r\n> ')}\r\n\r\nBye`],
  ['without its fence and its indentation', (text) => text.replaceAll('```', '').replace(/^ +/gm, '')],
];

describe('wspc parity ask', function () {
  this.timeout(120000);
  let checkout: Checkout;
  beforeEach(() => (checkout = new Checkout()));
  afterEach(() => checkout.remove());

  const ask = (): string => {
    const { status, output } = checkout.wspc(
      'parity',
      'ask',
      '--backend',
      'portable',
      '--output',
      'ask.json',
    );
    assert.equal(status, 0, output);
    return output;
  };

  it('prints a text without anything that names the machine, and writes the bundle', () => {
    const text = ask();
    const lines = text.trimEnd().split('\n');
    assert.ok(lines.length <= MOST_LINES, `${lines.length} lines`);
    const count = firstScenarios(readDocuments()).length;
    assert.ok(count >= 9);
    assert.equal(text.match(/^ {3}yes\. Otherwise it would change: .+\.$/gm)?.length, count);
    assert.ok(text.includes(`${count} of ${count} as the engine answers. The bundle: ask.json`));
    assert.equal(text.includes(os.hostname()), false);
    assert.equal(text.includes(checkout.root), false);
    assert.equal(parseBundle(checkout.read('ask.json')).scenarios.length, count);
  });

  it('says what other answers change, and adopt takes the text as it takes the bundle', () => {
    const original = checkout.answers;
    let other = original;
    for (const [before, after] of OTHER_ANSWERS) {
      assert.ok(other.includes(before), before);
      other = other.replace(before, after);
    }
    checkout.answer(other);
    // The questions and the engine's answers are those of the original.
    const asked = parseBundle((ask(), checkout.read('ask.json')));
    checkout.answer(original);
    const text = renderAsked(asked, firstScenarios(readDocuments()), portable, 'ask.json');
    assert.ok(text.split('\n').length <= MOST_LINES);
    assert.match(text, /^ {3}NO\. This changes: the number of buffers/m);

    const adopt = (file: string): unknown => {
      const { status, output } = checkout.wspc(
        'parity',
        'adopt',
        file,
        '--not-windows',
        '--dry-run',
        '--json',
      );
      assert.equal(status, 0, output);
      const { corrections, contradicted, files } = JSON.parse(output) as Adopted;
      return [
        corrections.map(({ question, name, value }) => `${question} ${name} ${JSON.stringify(value)}`).sort(),
        contradicted.map(({ name }) => name).sort(),
        files.sort(),
      ];
    };
    const expected = adopt('ask.json');
    assert.equal((expected as unknown[][])[0]!.length, OTHER_ANSWERS.length);
    for (const [how, paste] of PASTED) {
      writeFileSync(checkout.path('issue.txt'), paste(text));
      assert.deepEqual(adopt('issue.txt'), expected, how);
    }
    assert.equal(checkout.wspc('parity', 'adopt', 'issue.txt', '--not-windows').status, 0);
    assert.equal(checkout.answers, other);
  });

  it('is adopted only from Windows, unless it is a trial', () => {
    writeFileSync(checkout.path('issue.txt'), ask());
    const { status, output } = checkout.wspc('parity', 'adopt', 'issue.txt');
    assert.equal(status, 2);
    assert.match(output, /not on Windows/);
  });

  it('is asked of the DLL, and says why where there is none', function () {
    if (process.platform === 'win32') return this.skip();
    const { status, output } = checkout.wspc('parity', 'ask');
    assert.notEqual(status, 0);
    assert.match(output, /^error: /);
  });
});

describe('the text of wspc parity ask', () => {
  const documents = readDocuments();
  const asked = firstScenarios(documents);
  const bundle = recordBundle(firstDocuments(documents), portable);
  const render = (of: Bundle): string => renderAsked(of, asked, portable, 'x.json');
  const text = render(bundle);

  it('asks the questions in their order, each place once', () => {
    assert.deepEqual(
      asked.map(({ first }) => first.place),
      asked.map((_, index) => index + 1),
    );
  });

  it('has no more than 40 lines when every answer differs, and leaves out what does not fit', () => {
    const different: Bundle = {
      ...bundle,
      scenarios: bundle.scenarios.map((record) => ({
        ...record,
        observations: record.observations.map(({ statement }, index) => ({
          statement,
          answer: [`! 0x8000${String(index).padStart(4, '0')}`],
        })),
      })),
    };
    const long = render(different);
    assert.ok(long.split('\n').length <= MOST_LINES, long);
    assert.match(long, /^ {3}NO, see the bundle\. This changes: /m);
    assert.match(long, /^ {3}NO\. This changes: /m);
    const { scenarios } = parseAsked(long, documents, portable);
    assert.ok(scenarios.length > 0 && scenarios.length < asked.length);
  });

  it('sends readers to the bundle for a scenario that could not be played', () => {
    const [first, ...others] = bundle.scenarios;
    const broken = first!.observations.map((each) => ({ ...each, note: 'why' }));
    const incomplete = { ...bundle, scenarios: [{ ...first!, observations: broken }, ...others] };
    assert.match(render(incomplete), /see the bundle/);
    assert.equal(parseAsked(render(incomplete), documents, portable).scenarios.length, asked.length - 1);
  });

  const mark = /\[[0-9a-f]{8}\]/;
  const yes = /\n {3}yes\. [^\n]*/;
  const MISTAKES: readonly (readonly [what: string, change: (text: string) => string, why: RegExp])[] = [
    [
      'its last lines are missing',
      (all) => all.split('\n').slice(0, 9).join('\n'),
      /the last line is missing/,
    ],
    ['it is of another version', (all) => all.replace(mark, '[00000000]'), /question 1 is another one here/],
    [
      'a question is there twice',
      (all) => all.replace(/\n2\. /, '\n1. '),
      /question 1 is (?:there twice|another)/,
    ],
    ['a question has no answer', (all) => all.replace(yes, ''), /question 1 has no answer/],
    [
      'a yes has other answers',
      (all) => all.replace(yes, (found) => `${found}\n   calls 1: ok`),
      /has no answer/,
    ],
    ['a no has none', (all) => all.replace('   yes.', '   NO.'), /question 1 has no answer/],
    ['it counts wrong', (all) => all.replace(/\n\d+ of/, '\n1 of'), /counts otherwise/],
    ['a call does not exist', no('calls 99: ok'), /question 1 has no call 99/],
    ['a line is something else', no('call me'), /call me is not understood/],
    ['a line has a control character', no('calls 1: \u001b[31m'), /control character/],
    ['the machine is not described', (all) => all.replace(' release=', ' r='), /the machine has no release/],
    ['the machine is something else', (all) => all.replace('dll=none', 'dll=<b>'), /malformed: system/],
  ];

  function no(line: string): (all: string) => string {
    return (all) =>
      all
        .replace(yes, `\n   NO. This changes: all.\n   ${line}`)
        .replace(/\n\d+ of/, `\n${asked.length - 1} of`);
  }

  for (const [what, change, why] of MISTAKES) {
    it(`is refused when ${what}`, () => {
      const changed = change(text);
      assert.notEqual(changed, text);
      assert.throws(() => parseAsked(changed, documents, portable), {
        name: 'BundleFormatError',
        message: why,
      });
    });
  }
});
