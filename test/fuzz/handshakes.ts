/** Sends header lists to both roles. The result is a valid answer or an error of the component, and nothing else. */
import assert from 'node:assert/strict';
import { ComponentError, portable } from '../../lib/component/portable/index.js';
import type { HttpHeader } from '../../lib/component/portable/index.js';
import { chooseExtension, perMessageDeflate } from '../../lib/connection/index.js';
import { acceptOf } from '../support/raw-peer.js';
import type { Target } from './target.js';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const lines = (...all: string[]): Buffer => Buffer.from(all.join('\n'), 'latin1');

/** One header per line. The first colon separates name and value. */
function headersOf(input: Buffer): HttpHeader[] {
  return input
    .toString('latin1')
    .split('\n')
    .map((line) => {
      const colon = line.indexOf(':');
      return colon < 0
        ? { name: line, value: '' }
        : { name: line.slice(0, colon), value: line.slice(colon + 1) };
    });
}

function outcome(task: () => string): string {
  try {
    return task();
  } catch (error) {
    if (!(error instanceof ComponentError) && !(error instanceof RangeError) && !(error instanceof TypeError))
      throw error;
    return error instanceof ComponentError ? `${error.code} ${error.diagnostic ?? ''}` : error.name;
  }
}

const tokens = [
  'websocket',
  'Upgrade',
  'keep-alive, Upgrade',
  ', ',
  ';',
  '="a\\"b"',
  'permessage-deflate; client_max_window_bits=15',
  '13',
  '\n',
  ': ',
  'Sec-WebSocket-Protocol',
  'Sec-WebSocket-Extensions',
  KEY,
].map((token) => Buffer.from(token));

export const serverHandshake: Target = {
  name: 'handshake-server',
  seeds: [
    lines(
      'Host: a',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Key: ${KEY}`,
      'Sec-WebSocket-Version: 13',
    ),
    lines(
      'Host:a',
      'upgrade:WebSocket',
      'connection:keep-alive, Upgrade',
      `sec-websocket-key:${KEY}`,
      'sec-websocket-version:13',
      'sec-websocket-protocol: chat, superchat',
      'sec-websocket-extensions: permessage-deflate; client_max_window_bits, x; a="b\\"c"',
    ),
    lines('Upgrade: h2c, websocket', 'Connection: close', 'Sec-WebSocket-Version: 8, 13'),
  ],
  tokens,
  run(input) {
    const requestHeaders = headersOf(input);
    return outcome(() => {
      const handle = portable.createServerHandle();
      try {
        const offered = requestHeaders.find(({ name }) => name.toLowerCase() === 'sec-websocket-protocol');
        const first = offered?.value.split(',')[0]?.trim();
        const answer = handle.beginServerHandshake(
          first === undefined || first === ''
            ? { requestHeaders }
            : { requestHeaders, selectedSubprotocol: first },
        );
        for (const { name, value } of answer) assert.match(`${name}: ${value}`, /^[\x20-\x7e]*$/);
        handle.endServerHandshake();
        return `open ${answer.length}`;
      } finally {
        handle.delete();
      }
    });
  },
};

export const clientHandshake: Target = {
  name: 'handshake-client',
  seeds: [
    lines('Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Accept: %'),
    lines(
      'upgrade: WebSocket',
      'connection: x, upgrade',
      'sec-websocket-accept: %',
      'sec-websocket-protocol: chat',
    ),
    lines(
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Accept: %',
      'Sec-WebSocket-Extensions: x; a=1',
    ),
    lines('Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Accept: wrong'),
  ],
  tokens: [...tokens, Buffer.from('%'), Buffer.from('chat')],
  run(input) {
    return outcome(() => {
      const handle = portable.createClientHandle();
      try {
        const request = handle.beginClientHandshake({ subprotocols: ['chat', 'other'] });
        const key = request.find(({ name }) => name.toLowerCase() === 'sec-websocket-key')!.value;
        const accept = acceptOf(key);
        const responseHeaders = headersOf(input).map(({ name, value }) => ({
          name,
          value: value.replace('%', accept),
        }));
        const { selectedSubprotocol, selectedExtensions } = handle.endClientHandshake(responseHeaders);
        assert.ok(selectedSubprotocol === undefined || selectedSubprotocol < 2);
        // No extension was offered.
        assert.deepEqual(selectedExtensions, []);
        return `open ${selectedSubprotocol}`;
      } finally {
        handle.delete();
      }
    });
  },
};

const DEFLATE = [perMessageDeflate({})];

export const extensionOffer: Target = {
  name: 'extension-offer',
  seeds: [
    lines('permessage-deflate'),
    lines('permessage-deflate; client_max_window_bits; server_no_context_takeover'),
    lines('permessage-deflate; server_max_window_bits=8, permessage-deflate'),
    lines('x; a="b\\"c", permessage-deflate; client_max_window_bits="12"'),
  ],
  tokens: [
    ...tokens,
    ...['client_max_window_bits', 'server_max_window_bits=', '"', '08', '16'].map((each) =>
      Buffer.from(each),
    ),
  ],
  run(input) {
    const chosen = chooseExtension(DEFLATE, input.toString('latin1'));
    if (chosen === undefined) return 'none';
    assert.match(chosen.answer, /^permessage-deflate(; [a-z_]+(=([89]|1[0-5]))?)*$/);
    return chosen.answer;
  },
};
