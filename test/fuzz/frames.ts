/**
 * Sends frames to both roles. Every way of driving a handle must give the same results, wherever the bytes are cut.
 */
import assert from 'node:assert/strict';
import { ComponentError, portable } from '../../lib/component/portable/index.js';
import type { SessionHandle } from '../../lib/component/portable/index.js';
import { ActionLoop, openSession } from '../../lib/session/index.js';
import type { BulkDriver, IndicationSink } from '../../lib/session/index.js';
import { frame as encode } from '../support/raw-peer.js';
import { openPair } from '../support/open-pair.js';
import type { Random } from './random.js';
import type { Target } from './target.js';

type Role = 'server' | 'client';

/** The findings. The data of each message is joined, since the ways may cut it differently. */
class Seen implements IndicationSink {
  readonly kinds: string[] = [];
  readonly all: string[] = [];
  private open = '';

  data(type: number, bytes: Uint8Array, start: number, end: number): void {
    assert.ok(start <= end && end <= bytes.byteLength);
    const isFinal = (type & 1) === 0;
    const part = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
    this.open += part;
    if (!isFinal) return;
    this.kinds.push(`message ${type & 0xff} ${sizeClass(this.open.length)}`);
    this.all.push(`${type} ${this.open}`);
    this.open = '';
  }

  pong(payload: Uint8Array): void {
    assert.ok(payload.byteLength <= 125);
    this.kinds.push('pong');
    this.all.push(`pong ${Buffer.from(payload).toString('latin1')}`);
  }

  close(status: number, reason: Uint8Array | null): void {
    assert.ok(reason === null || reason.byteLength <= 123);
    this.kinds.push(`close ${reason === null ? 'bare' : ''}`);
    this.all.push(`close ${status} ${reason === null ? '-' : Buffer.from(reason).toString('latin1')}`);
  }
}

function sizeClass(length: number): number {
  return length < 126 ? Math.min(length, 2) : length < 65536 ? 126 : 127;
}

function openHandle(role: Role): SessionHandle {
  const { client, server } = openPair(portable);
  (role === 'server' ? client : server).delete();
  return role === 'server' ? server : client;
}

function feed(
  driver: BulkDriver,
  input: Buffer,
  cut: () => number,
): { seen: Seen; end: string; output: string } {
  const seen = new Seen();
  let end = '';
  const output: Buffer[] = [];
  const take = (): void => {
    for (const chunk of driver.takeOutput()) output.push(Buffer.from(chunk));
  };
  for (let at = 0; at < input.length && end === '';) {
    const next = Math.min(input.length, at + cut());
    try {
      driver.receive(Buffer.from(input.subarray(at, next)), seen);
    } catch (error) {
      if (!(error instanceof ComponentError)) throw error;
      end = `${error.code} ${error.diagnostic ?? ''}`;
    }
    take();
    at = next;
  }
  take();
  return { seen, end, output: pongsOf(Buffer.concat(output)) };
}

/** The payloads of the pongs. The mask keys are random, so the bytes cannot be compared. */
function pongsOf(output: Buffer): string {
  const pongs: string[] = [];
  for (let at = 0; at < output.length;) {
    assert.equal(output[at], 0x8a);
    const masked = (output[at + 1]! & 0x80) !== 0;
    const length = output[at + 1]! & 0x7f;
    assert.ok(length <= 125);
    at += 2;
    const key = masked ? output.subarray(at, at + 4) : Buffer.alloc(4);
    if (masked) at += 4;
    pongs.push(
      Buffer.from(output.subarray(at, at + length).map((byte, index) => byte ^ key[index & 3]!)).toString(
        'latin1',
      ),
    );
    at += length;
  }
  return pongs.join('\n');
}

function run(role: Role, input: Buffer, random: Random): string {
  const handle = openHandle(role);
  const whole = feed(openSession(handle), input, () => Infinity);
  handle.delete();
  // Every eighth input is run in the other ways, too.
  if (random.below(8) === 0) {
    const others: [string, BulkDriver, SessionHandle][] = [];
    const inPieces = openHandle(role);
    others.push(['bulk, in pieces', openSession(inPieces), inPieces]);
    const inActions = openHandle(role);
    others.push(['actions, in pieces', new ActionLoop(inActions), inActions]);
    for (const [way, driver, other] of others) {
      const got = feed(driver, input, () => 1 + random.below(9));
      other.delete();
      assert.deepEqual(got.seen.all, whole.seen.all, way);
      assert.equal(got.end, whole.end, way);
      assert.equal(got.output, whole.output, way);
    }
  }
  const recent = whole.seen.kinds.slice(-3).join(',');
  return `${recent}|${whole.end}|${whole.output === '' ? '' : 'pong'}`;
}

export function frameTarget(role: Role): Target {
  const masked = role === 'server';
  const frame = (opcode: number, payload: string | Buffer, fin = true): Buffer => {
    const bytes = encode(opcode, payload, { masked, fin });
    // The seeds were made with one key that never changes.
    if (!masked) return bytes;
    const payloadLength = Buffer.from(payload as string).length;
    const at = bytes.length - payloadLength - 4;
    const plain = Buffer.from(payload as string);
    const key = Buffer.of(1, 2, 3, 4);
    key.copy(bytes, at);
    for (let index = 0; index < payloadLength; index++)
      bytes[at + 4 + index] = plain[index]! ^ key[index & 3]!;
    return bytes;
  };
  const seeds = [
    frame(1, 'hello'),
    frame(2, Buffer.of(1, 2, 3)),
    frame(1, 'é€\u{1f600}'),
    Buffer.concat([frame(1, 'a', false), frame(9, 'p'), frame(0, 'b')]),
    Buffer.concat([frame(2, '', false), frame(0, '', false), frame(0, '')]),
    Buffer.concat([frame(9, 'x'.repeat(125)), frame(10, '')]),
    Buffer.concat([frame(1, 'bye'), frame(8, Buffer.from('03e8676f6f64', 'hex'))]),
    frame(8, ''),
    frame(2, Buffer.alloc(126)),
    frame(2, Buffer.alloc(300, 7)),
    Buffer.from(masked ? '82ff000000000000010001020304' : '827f0000000000000100', 'hex'),
    Buffer.from(masked ? '82ff800000000000000001020304' : '827f8000000000000000', 'hex'),
    Buffer.from(masked ? 'c18101020304' : 'c101', 'hex'),
  ];
  return {
    name: `frames-${role}`,
    seeds,
    tokens: [...seeds, frame(0, 'tail'), frame(1, Buffer.from('eda080', 'hex'))],
    run: (input, random) => run(role, input, random),
  };
}
