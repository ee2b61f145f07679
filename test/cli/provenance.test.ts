import { strict as assert } from 'node:assert';
import { dllOf } from '../../lib/cli/provenance.js';
import { originOf } from '../../lib/parity/bundle.js';

const CASES: readonly [dll: string | null, text: string | null, recordedOn: RegExp][] = [
  [null, null, /^portable engine$/],
  [
    '10.0.26100.1',
    "Windows' own websocket.dll 10.0.26100.1",
    /^Windows .*\(websocket\.dll 10\.0\.26100\.1\)$/,
  ],
  ['6.2.9200.16384', "Windows' own websocket.dll 6.2.9200.16384", /^Windows /],
  ['0.0.0.1', "the stand-in for tests (websocket.dll 0.0.0.1), not Windows' own", /^stand-in$/],
  ['without a version', "a websocket.dll (without a version) that is not Windows' own", /^unknown /],
  ['11.5.0.0', "a websocket.dll (11.5.0.0) that is not Windows' own", /^unknown /],
];

describe('the name of the answering component', () => {
  for (const [dll, text, recordedOn] of CASES) {
    it(`for ${dll ?? 'no DLL'}`, () => {
      const origin = originOf(dll);
      assert.equal(dllOf({ dll, ...origin }), text);
      assert.match(origin.recordedOn, recordedOn);
    });
  }
});
