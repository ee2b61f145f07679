import { strict as assert } from 'node:assert';

import fc from 'fast-check';

import { loadNative, portable } from '../../lib/component/index.js';
import type { Component, HttpHeader } from '../../lib/component/index.js';
import { outcomeOf, withoutRandom } from './outcome.js';

const NUMBER = Number(process.env['WSPC_CASES'] ?? 5_000);

const NAMES = [
  'Host',
  'Connection',
  'Upgrade',
  'Sec-WebSocket-Version',
  'Sec-WebSocket-Key',
  'Sec-WebSocket-Accept',
  'Sec-WebSocket-Protocol',
  'Sec-WebSocket-Extensions',
  'User-Agent',
];

const name = fc
  .tuple(fc.constantFrom(...NAMES), fc.constantFrom('same', 'lower', 'upper'))
  .map(([text, how]) => (how === 'lower' ? text.toLowerCase() : how === 'upper' ? text.toUpperCase() : text));

const value = fc.constantFrom(
  ...[
    '',
    'Upgrade',
    'upgrade',
    'keep-alive, Upgrade',
    'Upgrade,',
    'close',
    'websocket',
    'WebSocket',
    ' websocket\t',
  ],
  ...[
    'h2c, websocket',
    'websocket/13',
    '13',
    ' 13 ',
    '8',
    '013',
    '13, 8',
    'a',
    'b',
    'a, b',
    'a,,b',
    'a,a',
    ',',
  ],
  ...['a; x=1', 'a;x', 'a; x="1"', 'a; x="', 'a;', 'a=1', 'AAAAAAAAAAAAAAAAAAAAAA==', '"a"', 'a b', '\xe9'],
);

const header: fc.Arbitrary<HttpHeader> = fc.record({ name, value });

/** Removes headers, adds others, and changes some. */
interface Change {
  readonly drop: number;
  readonly set: readonly (readonly [number, string])[];
  readonly add: readonly HttpHeader[];
}

const change: fc.Arbitrary<Change> = fc.record({
  drop: fc.nat(20),
  set: fc.array(fc.tuple(fc.nat(7), value), { maxLength: 2 }),
  add: fc.array(header, { maxLength: 2 }),
});

const some = fc.array(fc.constantFrom('a', 'b', 'c', 'A', 'a; x=1', '', 'a b', 'a,b', '\xe9'), {
  maxLength: 3,
});
// It is unknown whether "a" and "A" are the same extension (0x19, Q-H9).
const extensions = some.map((list) => list.filter((text) => text !== 'A'));

interface Attempt {
  readonly subprotocols: readonly string[];
  readonly extensions: readonly string[];
  readonly selectedSubprotocol: string | undefined;
  readonly selectedExtensions: readonly string[];
  readonly request: Change;
  readonly response: Change;
}

const attempts: fc.Arbitrary<Attempt> = fc.record({
  subprotocols: some,
  extensions,
  selectedSubprotocol: fc.option(fc.constantFrom('a', 'b', 'A', 'd', ''), { nil: undefined }),
  selectedExtensions: extensions,
  request: change,
  response: change,
});

function changed(headers: readonly HttpHeader[], { drop, set, add }: Change): HttpHeader[] {
  const result = headers.filter((_, index) => index !== drop);
  for (const [index, text] of set) {
    const old = result[index];
    if (old !== undefined) result[index] = { name: old.name, value: text };
  }
  return [...result, ...add];
}

/** If a handshake has several mistakes, it is unknown which is reported first (Q-H6, Q-H8, Q-H10). */
const WHAT_IS_WRONG =
  /E_INVALIDARG|E_INVALID_PROTOCOL_FORMAT|E_SUBPROTOCOL_NOT_SUPPORTED|E_PROTOCOL_(EXTENSIONS|VERSION)_NOT_SUPPORTED/;

/**
 * Number of places where headers differ from the standard ones. Each element of a list counts. A malformed element
 * counts twice, because nobody offered it either.
 */
function placesOf({ drop, set, add }: Change, headers: readonly HttpHeader[]): number {
  const elements = (text: string): number =>
    text.split(',').reduce((sum, element) => sum + (/^[\w.-]+$/.test(element.trim()) ? 1 : 2), 0);
  const changed = set.reduce((sum, [index, text]) => sum + (index < headers.length ? elements(text) : 0), 0);
  const added = add.reduce((sum, { value: text }) => sum + elements(text), 0);
  return (drop < headers.length ? 1 : 0) + changed + added;
}

function shake(component: Component, attempt: Attempt): readonly string[] {
  const trace: string[] = [];
  const client = component.createClientHandle();
  const server = component.createServerHandle();
  let offered: HttpHeader[] = [];
  let answer: HttpHeader[] = [];
  /** Which mistake is reported is an open question only if there are several. */
  const tell = (places: number, outcome: string): void =>
    void trace.push(places > 1 ? outcome.replace(WHAT_IS_WRONG, 'refused') : outcome);
  const begin = (request: object): string =>
    outcomeOf(() => {
      offered = client.beginClientHandshake(request);
      return withoutRandom(offered);
    });
  const { subprotocols, extensions: offers, selectedSubprotocol, selectedExtensions } = attempt;
  tell(subprotocols.length + offers.length, begin({ subprotocols, extensions: offers }));
  // After a refused begin the handle can begin again (Q-H13).
  if (offered.length === 0) tell(0, begin({}));
  const request = [...offered, { name: 'Host', value: 'localhost' }];
  const accept = (requestHeaders: HttpHeader[], selected: object): string =>
    outcomeOf(() => {
      answer = server.beginServerHandshake({ requestHeaders, ...selected });
      return withoutRandom(answer);
    });
  const chosen = {
    selectedExtensions,
    ...(selectedSubprotocol === undefined ? {} : { selectedSubprotocol }),
  };
  const choices = selectedExtensions.length + (selectedSubprotocol === undefined ? 0 : 1);
  const places = placesOf(attempt.request, request);
  tell(places + choices, accept(changed(request, attempt.request), chosen));
  if (answer.length === 0) tell(0, accept(request, {}));
  const end = (headers: HttpHeader[]): string =>
    outcomeOf(() => JSON.stringify(client.endClientHandshake(headers)));
  // The server's choices for another request may be wrong, too.
  tell(placesOf(attempt.response, answer) + choices + places, end(changed(answer, attempt.response)));
  tell(choices + places, end(answer));
  client.delete();
  server.delete();
  return trace;
}

describe('portable and native', () => {
  it(`make the same handshakes in ${NUMBER} random attempts`, function () {
    this.timeout(0);
    const native = loadNative();
    fc.assert(
      fc.property(attempts, (attempt) => {
        assert.deepEqual(shake(native, attempt), shake(portable, attempt));
      }),
      { numRuns: NUMBER },
    );
  });
});
