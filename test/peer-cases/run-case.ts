import assert from 'node:assert/strict';
import { CLOSE_NORMALLY } from './cases.js';
import type { PeerCase } from './cases.js';
import type { Frame, RawPeer } from '../support/raw-peer.js';

export interface RunOptions {
  /** Whether the echo comes piece by piece, so that an unfinished message is echoed in part. Default: false. */
  readonly echoesPieces?: boolean;
  /**
   * Whether the side under test can tell text that is not UTF-8 (1007) from other mistakes (1002). The operating system's
   * component reports both alike. Default: true.
   */
  readonly knowsText?: boolean;
}

/** Plays one case and checks the frames that come back. The side under test must end the connection by itself. */
export async function runCase(
  peer: RawPeer,
  peerCase: PeerCase,
  { echoesPieces = false, knowsText = true }: RunOptions = {},
): Promise<void> {
  const { echoes = [], pongs = [], close } = peerCase.expect;
  await peerCase.send(peer);
  if (peerCase.ends !== true) {
    await peer.until((frames) => frames.filter(endsSomething).length >= echoes.length + pongs.length);
    await peer.pour(peer.frame(8, CLOSE_NORMALLY));
  }
  await peer.closed;
  const closes = peer.frames.filter((frame) => frame.opcode === 8);
  assert.equal(closes.length, 1, `close frames: ${closes.length}`);
  assert.equal(peer.frames.at(-1), closes[0], 'something came after the close frame');
  const body = closes[0]!.payload;
  const status = body.length === 0 ? null : body.readUInt16BE();
  const expected = knowsText ? close : close.map((each) => (each === 1007 ? 1002 : each));
  assert.ok(expected.includes(status), `close status ${status}, expected ${expected.join(' or ')}`);
  assert.deepEqual(
    peer.frames.filter((frame) => frame.opcode === 10).map((frame) => frame.payload.toString('hex')),
    pongs.map((pong) => pong.toString('hex')),
    'pongs',
  );
  const { messages, unfinished } = messagesOf(peer.frames);
  if (!echoesPieces) assert.equal(unfinished, 0, 'parts of an unfinished message');
  assert.equal(messages.length, echoes.length, 'number of messages');
  for (const [index, echo] of echoes.entries()) {
    const message = messages[index]!;
    assert.equal(message.isText, typeof echo === 'string');
    assert.ok(message.payload.equals(Buffer.from(echo as string)), `message ${index} differs`);
  }
}

/** Whether a frame is the last one of a message, or a pong. */
function endsSomething(frame: Frame): boolean {
  return frame.opcode === 10 || (frame.opcode <= 2 && frame.fin);
}

interface Message {
  readonly isText: boolean;
  readonly payload: Buffer;
}

/** The whole messages, and the number of parts of an unfinished one. */
function messagesOf(frames: readonly Frame[]): { messages: Message[]; unfinished: number } {
  const messages: Message[] = [];
  let parts: Buffer[] = [];
  let isText = false;
  for (const { opcode, fin, payload } of frames) {
    if (opcode > 2) continue;
    if (opcode !== 0) {
      assert.equal(parts.length, 0, 'a message inside of a message');
      isText = opcode === 1;
    }
    parts.push(payload);
    if (!fin) continue;
    messages.push({ isText, payload: Buffer.concat(parts) });
    parts = [];
  }
  return { messages, unfinished: parts.length };
}
