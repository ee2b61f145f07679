/** Random handshakes: valid ones, ones with a header left out, added or changed, and ones with calls out of order. */
import { fc } from '../../vendor/fast-check.js';

export type Role = 'client' | 'server';

/** Headers in the spellings of different peers. Some are wrong. */
const HEADERS = [
  ...[
    'Upgrade: websocket',
    'Upgrade: WebSocket',
    'Upgrade: h2c, websocket',
    'Upgrade: h2c',
    'Upgrade: websocket/13',
  ],
  ...['Connection: Upgrade', 'Connection: upgrade', 'Connection: keep-alive, Upgrade', 'Connection: close'],
  ...['Connection: Upgrade,', 'Connection: "  upgrade\t"', 'Host: ""', 'host: localhost', 'User-Agent: x'],
  ...['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Version: 8', 'Sec-WebSocket-Version: 013'],
  ...['Sec-WebSocket-Version: 13, 8', 'sec-websocket-version: " 13 "'],
  ...['Sec-WebSocket-Protocol: chat', 'Sec-WebSocket-Protocol: chat, other', 'Sec-WebSocket-Protocol: Chat'],
  ...['Sec-WebSocket-Protocol: other', 'Sec-WebSocket-Protocol: ""', 'Sec-WebSocket-Protocol: chat,,other'],
  ...['Sec-WebSocket-Extensions: foo', 'Sec-WebSocket-Extensions: foo; x=1', 'Sec-WebSocket-Extensions: bar'],
  ...[
    'Sec-WebSocket-Extensions: foo; x="1"',
    'Sec-WebSocket-Extensions: foo; x="',
    'Sec-WebSocket-Extensions: foo;',
  ],
  ...['Sec-WebSocket-Extensions: foo, foo', 'Sec-WebSocket-Extensions: foo, bar'],
];
/** Headers for requests alone, and for responses alone. */
const OF_SIDE: Readonly<Record<Role, readonly string[]>> = {
  server: [
    'Sec-WebSocket-Key: <key>',
    'Sec-WebSocket-Key: ""',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    'Sec-WebSocket-Key: short',
  ],
  client: [
    'Sec-WebSocket-Accept: <accept>',
    'Sec-WebSocket-Accept: ""',
    'Sec-WebSocket-Accept: "  <accept>"',
    'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
    'sec-websocket-accept: <accept>',
  ],
};
const LEFT_OUT: Readonly<Record<Role, readonly string[]>> = {
  client: ['Upgrade', 'Connection', 'Sec-WebSocket-Accept'],
  server: ['Upgrade', 'Connection', 'Host', 'Sec-WebSocket-Version', 'Sec-WebSocket-Key'],
};

const CHOICES = [
  ...['subprotocol chat', 'subprotocol other', 'extension foo', 'extension bar', 'extension foo; x=1'],
  ...['subprotocol "a b"', 'subprotocol ""', 'subprotocol Chat', 'extension "a,b"', 'extension ""'],
];

/** Headers with one left out, or with one put in its place or added. Most have one mistake at most. */
const headers = (role: Role): fc.Arbitrary<string[]> =>
  fc
    .record({
      leftOut: fc.option(fc.constantFrom(...LEFT_OUT[role]), { nil: null, freq: 1 }),
      others: fc.array(fc.constantFrom(...HEADERS, ...OF_SIDE[role]), { maxLength: 2, size: 'max' }),
      same: fc.boolean(),
      last: fc.boolean(),
    })
    .map(({ leftOut, others, same, last }) => {
      // A header that is left out and replaced counts as one mistake, not two.
      const replacing = (line: string): boolean =>
        leftOut !== null && line.toLowerCase().startsWith(`${leftOut.toLowerCase()}:`);
      const chosen = same && leftOut !== null ? others.filter(replacing) : others;
      const standard = `  standard headers${leftOut === null ? '' : ` without ${leftOut}`}`;
      const lines = chosen.map((line) => `  ${line}`);
      return last ? [standard, ...lines] : [...lines, standard];
    });

const choices = fc
  .array(fc.constantFrom(...CHOICES), { maxLength: 2, size: 'max' })
  .map((all) => all.map((line) => `  ${line}`));

/** The two calls of a handshake. */
function calls(role: Role): fc.Arbitrary<string[]> {
  return fc
    .record({ headers: headers(role), choices, offers: choices })
    .map(({ headers: lines, choices: chosen, offers }) =>
      role === 'client'
        ? [['beginClientHandshake', ...offers].join('\n'), ['endClientHandshake', ...lines].join('\n')]
        : [
            ['beginServerHandshake', ...lines, ...chosen.filter(isFirstSubprotocol)].join('\n'),
            'endServerHandshake',
          ],
    );
}

/** Keeps the first subprotocol: a server chooses at most one. */
function isFirstSubprotocol(line: string, index: number, all: readonly string[]): boolean {
  return (
    !line.startsWith('  subprotocol') || all.findIndex((each) => each.startsWith('  subprotocol')) === index
  );
}

const EXTENSION: Readonly<Record<Role, string[]>> = {
  client: [
    'beginClientHandshake\n  extension foo',
    'endClientHandshake\n  standard headers\n  Sec-WebSocket-Extensions: foo',
  ],
  server: [
    'beginServerHandshake\n  standard headers\n  Sec-WebSocket-Extensions: foo\n  extension foo',
    'endServerHandshake',
  ],
};

/** Calls that belong to no handshake, or not to this one. */
const STRAY = [
  'abort',
  'send Utf8Message "a"',
  'receive',
  'run',
  'endServerHandshake',
  'beginClientHandshake',
];

/** Any handshake of one side. */
export function handshakes(role: Role): fc.Arbitrary<string[]> {
  const stray = fc
    .record({ two: calls(role), call: fc.constantFrom(...STRAY), at: fc.nat(2), swapped: fc.boolean() })
    .map(({ two, call, at, swapped }) => {
      const lines = swapped ? [...two].reverse() : [...two];
      lines.splice(at, 0, call);
      return lines;
    });
  // Two attempts: a failed call leaves the handle unchanged (Q-H13).
  const again = fc.tuple(calls(role), fc.constantFrom(true, false)).map(([two, ends]) => {
    const right = role === 'client' ? ['endClientHandshake\n  standard headers'] : ['open'];
    return ends ? [...two, ...right] : [...two, ...two];
  });
  return fc.oneof(
    { weight: 60, arbitrary: calls(role) },
    { weight: 20, arbitrary: again },
    { weight: 10, arbitrary: stray },
  );
}

/** A handshake that opens a session, now and then with an extension. */
export function openings(role: Role): fc.Arbitrary<string[]> {
  return fc.oneof(
    { weight: 300, arbitrary: fc.constant<string[]>(['open']) },
    { weight: 10, arbitrary: fc.constant(EXTENSION[role]) },
  );
}
