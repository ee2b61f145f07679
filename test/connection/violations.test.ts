import assert from 'node:assert/strict';
import { leavesNothing } from '../support/leaks.js';
import { openHalfRaw, SIDES } from '../support/open.js';
import { closeFrame, frame } from '../support/raw-peer.js';
import { WAYS } from '../support/ways.js';

/** A violation of a peer, and the close code that answers it. The frames have the mask of their side. */
type Violation = readonly [name: string, code: number, build: (masked: boolean) => Buffer[]];

const bytes = (...values: number[]): Buffer => Buffer.from(values);
const manyAfter = (code: Buffer): Buffer => Buffer.concat([code, Buffer.alloc(124, 'x')]);

const VIOLATIONS: readonly Violation[] = [
  ...[1, 2, 3, 4, 5, 6, 7].map((rsv): Violation => [
    `reserved bits ${rsv}`,
    1002,
    (masked) => [frame(1, 'x', { rsv, masked })],
  ]),
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode): Violation => [
    `reserved opcode ${opcode}`,
    1002,
    (masked) => [frame(opcode, 'x', { masked })],
  ]),
  ['a ping of 126 bytes', 1002, (masked) => [frame(9, Buffer.alloc(126), { masked })]],
  ['a pong of 126 bytes', 1002, (masked) => [frame(10, Buffer.alloc(126), { masked })]],
  ['a close of 126 bytes', 1002, (masked) => [frame(8, manyAfter(bytes(3, 0xe8)), { masked })]],
  ['a fragmented ping', 1002, (masked) => [frame(9, '', { fin: false, masked })]],
  ['a fragmented pong', 1002, (masked) => [frame(10, '', { fin: false, masked })]],
  ['a continuation of nothing', 1002, (masked) => [frame(0, 'x', { masked })]],
  ['a first continuation of nothing', 1002, (masked) => [frame(0, 'x', { fin: false, masked })]],
  [
    'a message inside a message',
    1002,
    (masked) => [frame(1, 'x', { fin: false, masked }), frame(1, 'y', { masked })],
  ],
  ['the wrong mask', 1002, (masked) => [frame(1, 'x', { masked: !masked })]],
  [
    'a length in too many bytes',
    1002,
    (masked) => [masked ? bytes(0x82, 0xfe, 0, 1, 0, 0, 0, 0, 0) : bytes(0x82, 126, 0, 1, 0)],
  ],
  [
    'a length above 63 bits',
    1002,
    (masked) => [bytes(0x82, masked ? 0xff : 127, 0x80, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0)],
  ],
  ['a close of one byte', 1002, (masked) => [frame(8, 'x', { masked })]],
  ...[0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535].map((code): Violation => [
    `close code ${code}`,
    1002,
    (masked) => [closeFrame(code, '', { masked })],
  ]),
  [
    'a close reason that is not UTF-8',
    1007,
    (masked) => [closeFrame(1000, bytes(0xce, 0xba, 0xed, 0xa0, 0x80), { masked })],
  ],
  ['text that is not UTF-8', 1007, (masked) => [frame(1, bytes(0x61, 0xff), { masked })]],
  ['a surrogate in text', 1007, (masked) => [frame(1, bytes(0xed, 0xa0, 0x80), { masked })]],
  ['a character above U+10FFFF', 1007, (masked) => [frame(1, bytes(0xf4, 0x90, 0x80, 0x80), { masked })]],
  ['text that ends inside a character', 1007, (masked) => [frame(1, bytes(0xce), { masked })]],
  [
    'fragmented text that ends inside a character',
    1007,
    (masked) => [frame(1, 'x', { fin: false, masked }), frame(0, bytes(0xce), { masked })],
  ],
  [
    'text that goes wrong in its first fragment',
    1007,
    (masked) => [frame(1, bytes(0xf4, 0x90), { fin: false, masked })],
  ],
];

describe('a peer that breaks the protocol', () => {
  leavesNothing();
  for (const side of SIDES) {
    for (const way of WAYS) {
      describe(`towards a ${side}, ${way.name}`, () => {
        for (const [name, code, build] of VIOLATIONS) {
          it(`gets ${code} for ${name}, after correct messages`, async () => {
            const { connection, peer, end } = await openHalfRaw(side, way);
            const masked = side === 'server';
            const received: unknown[] = [];
            const reading = (async () => {
              for await (const message of connection) received.push(message);
            })();
            peer.write(frame(1, 'right', { masked }), ...build(masked), frame(1, 'too late', { masked }));
            const expected = { code: code === 1007 ? 'ERR_INVALID_TEXT' : 'ERR_PROTOCOL', closeCode: code };
            const failed = assert.rejects(reading, { name: 'ConnectionError', ...expected });
            assert.equal(await peer.nextClose(), code);
            await peer.end();
            peer.socket.end();
            await failed;
            assert.deepEqual(received, ['right']);
            const info = await connection.closed;
            assert.equal(info.wasClean, false);
            assert.equal(info.code, 1006);
            assert.equal(info.error!.closeCode, code);
            await end();
          });
        }
      });
    }
  }
});
