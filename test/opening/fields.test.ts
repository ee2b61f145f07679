import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';

import { fieldsOf } from '../../lib/opening/fields.js';

const NAMES = {
  upgrade: 'upgrade',
  origin: 'origin',
  'transfer-encoding': 'transferEncoding',
  'content-length': 'contentLength',
  'sec-websocket-protocol': 'protocol',
  'sec-websocket-extensions': 'extensions',
} as const;

async function upgradeRequest(lines: readonly string[]): Promise<IncomingMessage> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.write(['GET / HTTP/1.1', 'Connection: Upgrade', ...lines, '', ''].join('\r\n'));
  const [request, accepted] = (await once(server, 'upgrade')) as [IncomingMessage, typeof socket];
  accepted.destroy();
  socket.destroy();
  server.close();
  return request;
}

describe('a header of an upgrade request', () => {
  for (const [what, lines] of Object.entries({
    'that is there once': ['Host: a', 'Upgrade: websocket', 'Origin: http://a', 'Sec-WebSocket-Key: x'],
    'whatever the case of its name': ['HOST: a', 'uPGRADE: WebSocket', 'sec-websocket-PROTOCOL: a, b'],
    'that is there twice': [
      'Host: a',
      'Upgrade: websocket',
      'Upgrade: h2c',
      'Origin: http://a',
      'Origin: http://b',
      'Sec-WebSocket-Key: x',
      'Sec-WebSocket-Key: y',
      'Sec-WebSocket-Extensions: a',
      'sec-websocket-extensions: b;c',
    ],
    'that is empty': ['Host: a', 'Upgrade: websocket', 'Origin:', 'Content-Length: 0'],
    'with a name as long as another': [
      'Host: a',
      'Upgrade: websocket',
      'Orogin: no',
      'Sec-WebSocket-Kex: no',
    ],
  })) {
    it(`${what} is found as in request.headers`, async () => {
      const request = await upgradeRequest(lines);
      const fields = fieldsOf(request.rawHeaders);
      const found = Object.fromEntries(Object.entries(NAMES).map(([name, field]) => [name, fields[field]]));
      const names = Object.keys(NAMES);
      assert.deepEqual(found, Object.fromEntries(names.map((name) => [name, request.headers[name]])));
      assert.notEqual(found['upgrade'], undefined);
    });
  }
});
