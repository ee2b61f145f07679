import { strict as assert } from 'node:assert';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';

import { Checkout } from '../../support/checkout.js';

const OTHER_ANSWERS: readonly (readonly [before: string, after: string])[] = [
  ['"upgrade": "websocket"', '"upgrade": "Websocket"'],
  ['"separator": ","', '"separator": ", "'],
  ['"acceptsNoSubprotocol": false', '"acceptsNoSubprotocol": true'],
  ['"requiresHost": true', '"requiresHost": false'],
  ['"contiguous": true', '"contiguous": false'],
  ['"sliceReserve": 0', '"sliceReserve": 14'],
  ['"controlPayload": "refused"', '"controlPayload": "ignored"'],
  ['"pingPayload": ""', '"pingPayload": "70"'],
  ['"answersPingAfterCloseReceived": false', '"answersPingAfterCloseReceived": true'],
  ['"refusedStatuses": [1006, 1015]', '"refusedStatuses": [1004, 1006, 1015]'],
  ['"0x1c": "E_INVALIDARG"', '"0x1c": "E_INVALID_PROTOCOL_OPERATION"'],
];

describe('wspc parity adopt', function () {
  this.timeout(120000);

  let checkout: Checkout;
  let original: string;

  beforeEach(() => {
    checkout = new Checkout();
    original = checkout.answers;
  });
  afterEach(() => checkout.remove());

  const recordOther = (): string => {
    let other = original;
    for (const [before, after] of OTHER_ANSWERS) {
      assert.ok(other.includes(before), before);
      other = other.replace(before, after);
    }
    checkout.answer(other);
    assert.equal(
      checkout.wspc('parity', 'record', '--backend', 'portable', '--output', 'other.json').status,
      0,
    );
    checkout.answer(original);
    return other;
  };

  it('adopts answers that were recorded elsewhere, and the engine follows', () => {
    const other = recordOther();
    const replay = ['parity', 'replay', 'other.json', '--backend', 'portable'];
    assert.equal(checkout.wspc(...replay).status, 1);
    const adopted = checkout.wspc('parity', 'adopt', 'other.json', '--not-windows');
    assert.equal(adopted.status, 0, adopted.output);
    assert.match(adopted.output, new RegExp(`${OTHER_ANSWERS.length} answers corrected`));
    assert.equal(checkout.answers, other);
    checkout.build();
    assert.deepEqual(checkout.wspc(...replay).status, 0);
    const run = checkout.wspc('parity', 'run');
    assert.equal(run.status, 0, run.output);
    assert.match(checkout.read('test/scenarios/probes/client-send.md'), /^- recorded-on: portable engine$/m);
  });

  it('writes nothing if there is no change', () => {
    recordOther();
    const before = checkout.read('test/scenarios/send.md');
    checkout.wspc('parity', 'adopt', 'other.json', '--not-windows', '--dry-run');
    assert.equal(checkout.answers, original);
    assert.equal(checkout.read('test/scenarios/send.md'), before);
  });

  it('writes nothing of a bundle that is malformed in one place', () => {
    recordOther();
    const before = checkout.read('test/scenarios/send.md');
    const bundle = checkout.read('other.json');
    const evil = bundle.replace(/"answer":\["! E_[A-Z_]+/g, (found, at: number) =>
      !bundle.includes('"answer":["! E_', at + 1) ? '"answer":["! E_OWNED' : found,
    );
    assert.notEqual(evil, bundle);
    writeFileSync(checkout.path('other.json'), evil);
    const { status, output } = checkout.wspc('parity', 'adopt', 'other.json', '--not-windows');
    assert.equal(status, 1);
    assert.match(output, /^error: the bundle is malformed: ".*", observation \d+: there is no code E_OWNED/);
    assert.equal(checkout.answers, original);
    assert.equal(checkout.read('test/scenarios/send.md'), before);
  });

  it('writes all files or none', () => {
    recordOther();
    const files = ['test/scenarios/send.md', 'test/scenarios/probes/client-send.md'];
    const before = files.map((file) => checkout.read(file));
    // A folder is in the place where the new table would be written first.
    mkdirSync(checkout.path('lib/component/portable/answers.ts.wspc-new'));
    const { status } = checkout.wspc('parity', 'adopt', 'other.json', '--not-windows');
    assert.equal(status, 1);
    assert.equal(checkout.answers, original);
    assert.deepEqual(
      files.map((file) => checkout.read(file)),
      before,
    );
    assert.deepEqual(
      readdirSync(checkout.path('test/scenarios'), { recursive: true, encoding: 'utf8' }).filter((file) =>
        file.endsWith('.wspc-new'),
      ),
      [],
    );
  });

  it('refuses a bundle that was not recorded on Windows', () => {
    checkout.wspc('parity', 'record', '--backend', 'portable', '--output', 'own.json');
    const { status, output } = checkout.wspc('parity', 'adopt', 'own.json');
    assert.equal(status, 2);
    assert.match(output, /not on Windows/);
  });

  it('confirms scenarios that agree with their documents', () => {
    checkout.wspc('parity', 'record', '--backend', 'portable', '--output', 'own.json');
    const { output } = checkout.wspc('parity', 'adopt', 'own.json', '--not-windows', '--json', '--dry-run');
    const { contradicted, corrections, inexpressible } = JSON.parse(output) as Record<string, unknown[]>;
    assert.deepEqual([contradicted, corrections, inexpressible], [[], [], []]);
  });
});
