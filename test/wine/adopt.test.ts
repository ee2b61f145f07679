import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { parseBundle } from '../../lib/parity/bundle.js';
import { Checkout } from '../support/checkout.js';

const REPOSITORY = path.resolve(__dirname, '../../..');

/** A switch of the stand-in for another answer, and the value that the table must then have. */
const SWITCHES: readonly (readonly [define: string, answer: string])[] = [
  ['STAND_IN_QC1_MINIMUM_RECEIVE=512', 'Q-C1 receiveBufferSize'],
  ['STAND_IN_QC3_EXTRA=256', 'Q-C3 overhead'],
  ['STAND_IN_QH1_CLIENT_ORDER="UCKVPE"', 'Q-H1 order'],
  ['STAND_IN_QH1_UPGRADE_VALUE="Websocket"', 'Q-H1 upgrade'],
  ['STAND_IN_QH2_SEPARATOR=", "', 'Q-H2 separator'],
  ['STAND_IN_QH7_NO_SUBPROTOCOL_FAILS=0', 'Q-H7 acceptsNoSubprotocol'],
  ['STAND_IN_QH7_NO_EXTENSION_FAILS=1', 'Q-H7 acceptsNoExtension'],
  ['STAND_IN_QH10_HOST_REQUIRED=0', 'Q-H10 requiresHost'],
  ['STAND_IN_QH12_SERVER_ORDER="CUAPE"', 'Q-H12 order'],
  ['STAND_IN_QS1_CONTIGUOUS=0', 'Q-S1 contiguous'],
  ['STAND_IN_QS2_SLICE_RESERVE=14', 'Q-S2 sliceReserve'],
  ['STAND_IN_QS5_INTERLEAVED=0x83760001u', 'verdicts 0x1c'],
  ['STAND_IN_QS7_PAYLOAD=1', 'Q-S7 controlPayload'],
  ['STAND_IN_QP1_PING_PAYLOAD="ping"', 'Q-P1 pingPayload'],
  ['STAND_IN_QP2_PONG_TYPE=0x80000006u', 'Q-P2 pongType'],
  ['STAND_IN_QP3_PONG_BETWEEN_SLICES=1', 'Q-P3 pongBetweenSlices'],
  ['STAND_IN_QP7_ANSWER_AFTER_CLOSE=1', 'Q-P7 answersPingAfterCloseReceived'],
  ['STAND_IN_QE1_UTF8=0x83760001u', 'verdicts 0x23'],
  ['STAND_IN_QA1_AFTER_ABORT=0x80070057u', 'Q-A1 error'],
];

interface Adopted {
  readonly corrections: readonly { readonly question: string; readonly name: string }[];
  readonly contradicted: readonly { readonly name: string; readonly needsAPerson: boolean }[];
}

interface Run {
  readonly scenarios: readonly {
    readonly name: string;
    readonly failures: Readonly<Record<string, string>>;
  }[];
}

describe('a stand-in with other answers to the open questions', () => {
  let checkout: Checkout;
  before(() => (checkout = new Checkout()));
  after(() => checkout.remove());

  it('is recorded and adopted, and the engine follows', () => {
    const script = path.join(REPOSITORY, 'scripts/wspc-in-wine.mjs');
    const bundle = path.join(REPOSITORY, '.cache/other-answers.json');
    const defines = SWITCHES.map(([define]) => `-D${define}`);
    const record = ['--', 'parity', 'record', '--output', `Z:${bundle}`];
    execFileSync(process.execPath, [script, ...defines, ...record], { stdio: ['ignore', 'pipe', 'inherit'] });
    const text = execFileSync('cat', [bundle], { encoding: 'utf8', maxBuffer: 1 << 26 });
    const { system } = parseBundle(text);
    assert.equal(system.isWindows, false);
    assert.equal(system.recordedOn, 'stand-in');
    writeFileSync(checkout.path('other.json'), text);

    const replay = ['parity', 'replay', 'other.json', '--backend', 'portable'];
    assert.equal(checkout.wspc(...replay).status, 1);
    const { output } = checkout.wspc('parity', 'adopt', 'other.json', '--not-windows', '--json');
    const { corrections, contradicted } = JSON.parse(output) as Adopted;
    const corrected = corrections.map(({ question, name }) => `${question} ${name}`);
    for (const [define, answer] of SWITCHES) assert.ok(corrected.includes(answer), `${define}: ${answer}`);
    checkout.build();

    const replayed = checkout.wspc(...replay);
    assert.equal(replayed.status, 0, replayed.output);
    const { scenarios } = JSON.parse(checkout.wspc('parity', 'run', '--json').output) as Run;
    const failed = scenarios
      .filter(({ failures }) => Object.keys(failures).length > 0)
      .map(({ name }) => name);
    const left = contradicted.filter(({ needsAPerson }) => needsAPerson).map(({ name }) => name);
    assert.deepEqual(
      failed.filter((name) => !left.includes(name)),
      [],
    );
  });

  it('is asked the first questions, and adopted from the text that a person pastes', () => {
    const asked: readonly (readonly [define: string, answer: string])[] = [
      ['STAND_IN_QC1_MINIMUM_RECEIVE=512', 'Q-C1 receiveBufferSize'],
      ['STAND_IN_QH7_NO_SUBPROTOCOL_FAILS=0', 'Q-H7 acceptsNoSubprotocol'],
      ['STAND_IN_QS1_CONTIGUOUS=0', 'Q-S1 contiguous'],
      ['STAND_IN_QP3_PONG_BETWEEN_SLICES=1', 'Q-P3 pongBetweenSlices'],
    ];
    const script = path.join(REPOSITORY, 'scripts/wspc-in-wine.mjs');
    const bundle = path.join(REPOSITORY, '.cache/asked.json');
    const defines = asked.map(([define]) => `-D${define}`);
    const ask = ['--', 'parity', 'ask', '--output', `Z:${bundle}`];
    const text = execFileSync(process.execPath, [script, ...defines, ...ask], {
      stdio: ['ignore', 'pipe', 'inherit'],
      encoding: 'utf8',
    });
    assert.ok(text.trimEnd().split('\n').length <= 40, text);
    assert.equal(parseBundle(readFileSync(bundle, 'utf8')).system.recordedOn, 'stand-in');
    const fresh = new Checkout();
    try {
      writeFileSync(fresh.path('issue.txt'), text);
      const { output } = fresh.wspc('parity', 'adopt', 'issue.txt', '--not-windows', '--json', '--dry-run');
      const { corrections } = JSON.parse(output) as Adopted;
      const corrected = corrections.map(({ question, name }) => `${question} ${name}`).sort();
      assert.deepEqual(corrected, asked.map(([, answer]) => answer).sort());
    } finally {
      fresh.remove();
    }
  });
});
