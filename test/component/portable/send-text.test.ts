import assert from 'node:assert/strict';

import { BufferType } from '../../../lib/component/contract.js';
import { portable } from '../../../lib/component/portable/index.js';
import { openSession } from '../../../lib/session/index.js';
import type { BulkDriver } from '../../../lib/session/index.js';

const LENGTHS = [0, 1, 2, 41, 42, 43, 62, 63, 124, 125, 126, 127, 500, 2729, 2730, 2731, 30_000, 70_000];
const FILLINGS = ['a', 'é', '漢', '🙂', 'aé漢🙂', '\ud83d', 'x\udc00y'];

function sessions(): { server: BulkDriver; client: BulkDriver } {
  const server = portable.createServerHandle();
  const client = portable.createClientHandle();
  const request = client.beginClientHandshake();
  const requestHeaders = [{ name: 'Host', value: 'localhost' }, ...request];
  client.endClientHandshake(server.beginServerHandshake({ requestHeaders }));
  return { server: openSession(server), client: openSession(client) };
}

function* texts(): Generator<string> {
  for (const filling of FILLINGS) {
    for (const length of LENGTHS) yield filling.repeat(Math.ceil(length / filling.length)).slice(0, length);
  }
}

function received(by: BulkDriver, bytes: Uint8Array): string[] {
  const messages: string[] = [];
  let message = '';
  by.receive(bytes, {
    data(type, chunk, start, end) {
      message += Buffer.from(chunk).toString('latin1', start, end);
      if (type !== BufferType.Utf8Message) return;
      messages.push(Buffer.from(message, 'latin1').toString());
      message = '';
    },
    pong: () => assert.fail(),
    close: () => assert.fail(),
  });
  return messages;
}

describe('a text that is sent as a string', () => {
  it('gives the same bytes as an encoded text', () => {
    for (const text of texts()) {
      const { server } = sessions();
      server.sendText!(text);
      const actual = Buffer.concat(server.takeOutput());
      server.send(BufferType.Utf8Message, Buffer.from(text));
      assert.deepEqual(actual, Buffer.concat(server.takeOutput()), `${text.length} of ${text.slice(0, 4)}`);
    }
  });

  it('arrives, masked, among other messages', () => {
    const { server, client } = sessions();
    const expected: string[] = [];
    for (const text of texts()) {
      client.sendText!(text);
      client.send(BufferType.Utf8Message, Buffer.from('between'));
      expected.push(Buffer.from(text).toString(), 'between');
    }
    assert.deepEqual(received(server, Buffer.concat(client.takeOutput())), expected);
  });

  it('is refused inside of a binary message', () => {
    const { server } = sessions();
    server.send(BufferType.BinaryFragment, Buffer.alloc(1));
    assert.throws(() => server.sendText!('text'), { code: 'E_INVALIDARG' });
  });
});
