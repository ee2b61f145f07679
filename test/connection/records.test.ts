import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { connect } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import type { Connection } from '../../lib/index.js';
import { makeCertificate } from '../support/certificate.js';
import type { Certificate } from '../support/certificate.js';
import { leavesNothing } from '../support/leaks.js';
import { listenHere, portOf } from '../support/open.js';
import { closeFrame, frame } from '../support/raw-peer.js';

/** Bytes of a frame of the peer. The peer makes a TLS record of each, the shortest that a peer can ask for. */
const FRAME = 512;
const PAYLOAD = 'x'.repeat(FRAME - 8);
const COUNT = 20;
const REPLY = 4 + PAYLOAD.length;

const UPGRADE =
  'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';

async function open(port: number, certificate: Certificate): Promise<TLSSocket> {
  const peer = connect({ port, host: '127.0.0.1', ca: certificate.cert, servername: 'localhost' });
  await once(peer, 'secureConnect');
  peer.write(UPGRADE);
  await once(peer, 'data');
  peer.setMaxSendFragment(FRAME);
  return peer;
}

/** @returns everything that the peer reads, by records. */
async function recordsOf(peer: TLSSocket): Promise<Buffer[]> {
  const records: Buffer[] = [];
  for await (const bytes of peer) records.push(bytes as Buffer);
  return records;
}

const burst = (): Buffer[] => Array.from({ length: COUNT }, () => frame(2, PAYLOAD));

const WAYS: Readonly<Record<string, (connection: Connection) => void>> = {
  'a listener': (connection) => {
    connection.on('message', (message) => void connection.send(message));
  },
  'a loop': (connection) => {
    void (async () => {
      for await (const message of connection) void connection.send(message);
    })();
  },
};

describe('the records of a connection over TLS', () => {
  leavesNothing();
  let certificate: Certificate;
  before(async () => {
    certificate = await makeCertificate();
  });

  for (const [name, answer] of Object.entries(WAYS)) {
    it(`the answers to records that come together leave together: ${name}`, async () => {
      let chunks = 0;
      const server = await listenHere({ tls: certificate }, (connection) => {
        connection.socket.on('data', () => chunks++);
        answer(connection);
      });
      const peer = await open(portOf(server), certificate);
      const reading = recordsOf(peer);
      peer.write(Buffer.concat([...burst(), closeFrame(1000)]));
      const records = await reading;
      assert.equal(Buffer.concat(records).length, COUNT * REPLY + 4, 'every answer, and a close frame');
      assert.ok(chunks > COUNT, `the peer made ${chunks} records`);
      // The kernel may cut the records that came, but not into so many parts.
      assert.ok(records.length < COUNT / 2, `the server made ${records.length} records`);
      peer.end();
      await server.close();
    });
  }

  for (const [name, answer] of Object.entries(WAYS)) {
    it(`the answers leave before the end, if a close frame and the end come at once: ${name}`, async () => {
      const server = await listenHere({ tls: certificate }, answer);
      const peer = await open(portOf(server), certificate);
      const reading = recordsOf(peer);
      peer.end(Buffer.concat([frame(2, 'a'), frame(2, 'b'), closeFrame(1000)]));
      assert.equal(Buffer.concat(await reading).length, 3 + 3 + 4, 'both answers, and a close frame');
      await server.close();
    });
  }

  for (const [name, answer] of Object.entries(WAYS)) {
    it(`long answers leave before the close frame: ${name}`, async () => {
      const server = await listenHere({ tls: certificate }, answer);
      const peer = await open(portOf(server), certificate);
      const reading = recordsOf(peer);
      const long = Buffer.alloc(5000);
      peer.end(Buffer.concat([frame(2, long), frame(2, long), frame(2, 'b'), closeFrame(1000)]));
      assert.equal(
        Buffer.concat(await reading).length,
        5004 + 5004 + 3 + 4,
        'all answers, and a close frame',
      );
      await server.close();
    });
  }

  it('answers that a loop awaits one by one leave before the close frame', async () => {
    const server = await listenHere({ tls: certificate }, async (connection) => {
      for await (const message of connection) await connection.send(message);
    });
    const peer = await open(portOf(server), certificate);
    const reading = recordsOf(peer);
    const long = Buffer.alloc(5000);
    peer.write(Buffer.concat([...Array.from({ length: 10 }, () => frame(2, long)), closeFrame(1000)]));
    assert.equal(Buffer.concat(await reading).length, 10 * 5004 + 4);
    await server.close();
  });

  it('the answers leave before the end, if the peer ends its side at once', async () => {
    const server = await listenHere({ tls: certificate }, WAYS['a listener']);
    const peer = await open(portOf(server), certificate);
    const reading = recordsOf(peer);
    peer.end(Buffer.concat(burst()));
    assert.equal(Buffer.concat(await reading).length, COUNT * REPLY);
    await server.close();
  });
});
