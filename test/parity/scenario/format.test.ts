import assert from 'node:assert/strict';
import {
  parseBytes,
  parseContent,
  renderBuffers,
  renderData,
  words,
} from '../../../lib/parity/scenario/content.js';
import { DocumentError, parseDocument } from '../../../lib/parity/scenario/document.js';
import { OutgoingReader, buildFrame } from '../../../lib/parity/scenario/frames.js';
import { normalise, parseStep, renderStep } from '../../../lib/parity/scenario/step.js';

const FENCE = '```';

function document(script: string, metadata = ''): string {
  return `# Title\n\nIntroduction.\n\n## One\n\nProse.\n\n${metadata}\n${FENCE}scenario\n${script}\n${FENCE}\n`;
}

describe('the format of scenario documents', () => {
  it('has a title, an introduction and scenarios with prose, metadata and a script', () => {
    const text = document(
      'create server\nopen # a comment',
      '- items: D4-1, D4-4\n- etw: 0x06\n- evidence: guess\n',
    );
    const { title, introduction, scenarios } = parseDocument('x.md', text);
    const [scenario] = scenarios;
    assert.equal(title, 'Title');
    assert.equal(introduction, 'Introduction.');
    assert.equal(scenario!.prose, 'Prose.');
    assert.deepEqual(scenario!.items, ['D4-1', 'D4-4']);
    assert.deepEqual(scenario!.diagnostics, [6]);
    assert.equal(scenario!.hint, 'guess');
    assert.deepEqual(
      scenario!.statements.map(({ line, command }) => [line, command.verb]),
      [
        [14, 'create'],
        [15, 'open'],
      ],
    );
  });

  const mistakes: [what: string, text: string, message: RegExp][] = [
    ['no title', '## One\n', /^x\.md:1: a document begins with a title/],
    ['no script', '# T\n\n## One\n\nProse.\n', /^x\.md:3: the heading has no scenario/],
    [
      'two scripts',
      `${document('open')}\n${FENCE}scenario\nopen\n${FENCE}\n`,
      /^x\.md:14: a heading has one scenario/,
    ],
    ['an open fence', `# T\n\n## One\n\n${FENCE}scenario\nopen\n`, /^x\.md:\d+: the scenario is not closed/],
    ['another language', `# T\n\n## One\n\n${FENCE}js\n${FENCE}\n`, /^x\.md:5: expected ```scenario/],
    ['a heading twice', `${document('open')}\n## One\n`, /^x\.md:14: the heading "One" is there twice/],
    ['unknown metadata', document('open', '- colour: red'), /^x\.md:9: unknown metadata "colour"/],
    [
      'metadata twice',
      document('open', '- items: a\n- items: b'),
      /^x\.md:10: metadata "items" is there twice/,
    ],
    [
      'other evidence',
      document('open', '- evidence: hope'),
      /evidence must be one of guess, win, win\+, not hope/,
    ],
    ['a bad diagnostic', document('open', '- etw: 6'), /etw must be a list such as/],
    ['an unknown call', document('opne'), /^x\.md:11: unknown call opne/],
    ['an unknown property', document('create server size=1'), /^x\.md:11: unknown property size=1/],
    ['an unknown role', document('create peer'), /^x\.md:11: expected client or server/],
    ['an unknown type', document('send Text "a"'), /^x\.md:11: expected a buffer type, not Text/],
    [
      'an unknown action',
      document('run\n  -> Sleep'),
      /^x\.md:12: expected an action, error or NoAction, not Sleep/,
    ],
    ['bad bytes', document('network 8'), /^x\.md:11: expected two hex digits or a quoted string, not 8/],
    ['a bad string', document('network "\\x"'), /^x\.md:11: bad quoted string/],
    ['a bad count', document('network ab * 61'), /^x\.md:11: expected a count before \*, not ab/],
    ['a bad error code', document('open ! EINVAL'), /^x\.md:11: expected an error code/],
    ['a bad diagnostic behind a code', document('open ! E_FAIL 35'), /^x\.md:11: expected a diagnostic/],
    ['words left over', document('open sesame'), /^x\.md:11: unexpected: sesame/],
    [
      'an indented line at the start',
      document('  -> NoAction'),
      /^x\.md:11: an indented line needs a call above it/,
    ],
    ['an input where none may be', document('run\n  Host: a'), /^x\.md:12: run takes no indented lines/],
    [
      'a result where none may be',
      document('send PingPong\n  -> NoAction'),
      /^x\.md:12: nothing can be expected of send/,
    ],
    [
      'a result of a failure',
      document('getAction 0 ! E_INVALIDARG\n  -> NoAction', '- pinned: x'),
      /nothing can be expected of getAction/,
    ],
    ['a bad header', document('beginClientHandshake\n  Host'), /^x\.md:12: expected a header/],
    [
      'single steps without a reason',
      document('open\na = getAction Send'),
      /^x\.md:12: single steps need the metadata "pinned"/,
    ],
    [
      'a fragment without data',
      document('run\n  -> IndicateReceiveComplete Utf8Message'),
      /^x\.md:12: expected data, "" or: without data/,
    ],
    [
      'a close without reason',
      document('run\n  -> IndicateReceiveComplete Close 1000'),
      /^x\.md:12: expected the reason of the close/,
    ],
    [
      'a detail of a read',
      document('run\n  -> ReceiveFromNetwork size=1'),
      /^x\.md:12: unknown detail of ReceiveFromNetwork/,
    ],
  ];
  for (const [what, text, message] of mistakes) {
    it(`names file and line of ${what}`, () => {
      assert.throws(
        () => parseDocument('x.md', text),
        (error) => error instanceof DocumentError && message.test(error.message),
      );
    });
  }
});

describe('the bytes of scenario documents', () => {
  it('are hex, text and repetitions', () => {
    assert.deepEqual(
      [...parseBytes(words('81 "a\\u00e9" 3 * 61 2 * "xy"'))],
      [0x81, 0x61, 0xc3, 0xa9, 0x61, 0x61, 0x61, 0x78, 0x79, 0x78, 0x79],
    );
  });

  it('may be in buffers and behind a mask', () => {
    const content = parseContent(words('82 81 <mask> | 61'));
    assert.equal(content.pinned, true);
    assert.deepEqual(content.buffers, [[0x82, 0x81, -1, -1, -1, -1], [0x61]]);
    assert.equal(renderBuffers(content.buffers), '82 81 <mask> | 61');
    assert.throws(() => parseBytes(words('<mask>')), SyntaxError);
  });

  it('are shown as text if that loses nothing', () => {
    assert.equal(renderData(Uint8Array.of(0x61, 0x22), true), '"a\\""');
    assert.equal(renderData(Uint8Array.of(0x61, 0xff), true), '61 ff');
    assert.equal(renderData(new Uint8Array(1000), false), '1000 * 00');
    assert.equal(renderData(new Uint8Array(0), false), '""');
  });
});

describe('the frames of scenario documents', () => {
  function frame(text: string): string {
    return Buffer.from(buildFrame(words(text), false)!.bytes).toString('hex');
  }

  it('are built from words', () => {
    assert.equal(frame('text "Hello"'), '810548656c6c6f');
    assert.equal(frame('text masked key=01020304 "Hello"'), `81850102030449676f686e`);
    assert.equal(frame('close 1000 "a"'), '880303e861');
    assert.equal(frame('ping more rsv1 rsv2 rsv3 form=16 61'), '797e000161');
    assert.equal(frame('binary form=64 declares=65536 61'), '827f000000000001000061');
    assert.equal(frame('opcode=3 ""'), '8300');
    assert.equal(buildFrame(['81'], false), null);
    assert.throws(() => frame('text form=8 61'), SyntaxError);
  });

  it('are read back without their mask, over several buffers', () => {
    const reader = new OutgoingReader();
    const bytes = buildFrame(words('text masked "Hello"'), false)!.bytes;
    assert.deepEqual(reader.read(bytes.subarray(0, 8)), [0x81, 0x85, -1, -1, -1, -1, 0x48, 0x65]);
    assert.deepEqual(reader.read(bytes.subarray(8)), [0x6c, 0x6c, 0x6f]);
    assert.deepEqual(reader.read(Uint8Array.of(0x82, 0x80, 0, 0, 0, 0)), [0x82, 0x80, 0, 0, 0, 0]);
    assert.throws(() => reader.read(Uint8Array.of(0x82, 0x81, 0)), /a frame header does not fit/);
  });
});

describe('the steps of scenario documents', () => {
  const lines = [
    'NoAction',
    'error E_INVALID_PROTOCOL_FORMAT 0x23',
    'error E_INVALIDARG',
    'ReceiveFromNetwork window=256 bytes=7 as r1',
    'ReceiveFromNetwork waits',
    'SendToNetwork PingPong 8a 80 <mask>',
    'SendToNetwork 0x184 c2 01 | 61 as s1',
    'IndicateSendComplete Utf8Message as s1',
    'IndicateReceiveComplete Utf8Message "Hello" as r1',
    'IndicateReceiveComplete Close 1005 null',
    'IndicateReceiveComplete Close 1001 ""',
    'IndicateReceiveComplete None without data',
  ];
  for (const line of lines) {
    it(`are written in the form in which they are read: ${line}`, () =>
      assert.equal(renderStep(parseStep(line)), line));
  }

  it('are joined if a message came in pieces', () => {
    const steps = [
      'ReceiveFromNetwork',
      'IndicateReceiveComplete Utf8Fragment "Hel"',
      'ReceiveFromNetwork',
      'IndicateReceiveComplete Utf8Fragment "lo "',
      'IndicateReceiveComplete Utf8Message "World"',
      'IndicateReceiveComplete BinaryFragment "x"',
      'error E_INVALID_PROTOCOL_FORMAT',
    ].map(parseStep);
    assert.deepEqual(normalise(steps).map(renderStep), [
      'IndicateReceiveComplete Utf8Message "Hello World"',
      'error E_INVALID_PROTOCOL_FORMAT',
    ]);
  });
});
