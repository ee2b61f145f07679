import { strict as assert } from 'node:assert';

import { Narrator } from '../../lib/cli/narrator.js';
import { Action, ActionQueue, BufferType } from '../../lib/component/contract.js';
import type { ActionResult } from '../../lib/component/contract.js';

const ESCAPE = String.fromCharCode(27);

function narrator(terminal: { isTTY?: boolean; hasColors?: () => boolean }): [Narrator, () => string] {
  let text = '';
  return [new Narrator({ write: (more) => (text += more), ...terminal }), () => text];
}

function received(bufferType: BufferType, data: Uint8Array, close?: ActionResult['close']): ActionResult {
  return {
    action: Action.IndicateReceiveComplete,
    bufferType,
    buffers: close === undefined ? [data] : [],
    ...(close && { close }),
    applicationContext: undefined,
    actionContext: null,
  };
}

function lineOf(result: ActionResult): string {
  const [subject, written] = narrator({});
  subject.action('client', { queue: ActionQueue.Receive, result, bytes: result.buffers[0]?.byteLength ?? 0 });
  return written();
}

describe('what the main job prints', () => {
  it('is in colour only on a terminal with colours', () => {
    for (const [terminal, hasColour] of [
      [{ isTTY: true, hasColors: () => true }, true],
      [{ isTTY: true, hasColors: () => false }, false],
      [{ isTTY: true }, false],
      [{}, false],
    ] as const) {
      const [subject, written] = narrator(terminal);
      subject.action('client', {
        queue: ActionQueue.Receive,
        result: received(BufferType.Utf8Message, Buffer.from('hello')),
        bytes: 5,
      });
      assert.equal(written().includes(ESCAPE), hasColour);
      assert.ok(written().includes('"hello"'));
    }
  });

  it('names the handle, queue, action, buffer type and bytes', () => {
    assert.match(
      lineOf(received(BufferType.Utf8Message, Buffer.from('hello'))),
      /^client +receive +IndicateReceiveComplete +Utf8Message +5 +"hello"\n$/,
    );
    assert.match(
      lineOf(received(BufferType.BinaryFragment, Uint8Array.of(0, 255))),
      /^client +receive +IndicateReceiveComplete +BinaryFragment +2 +00 ff\n$/,
    );
  });

  it('passes no control characters of a peer to the terminal', () => {
    const hostile = '\x1b]0;x\x07\r\n\x7f\x9b31m\u202e\u2066';
    const text = lineOf(received(BufferType.Utf8Message, Buffer.from(hostile)));
    const reason = lineOf(
      received(BufferType.Close, new Uint8Array(0), { status: 1000, reason: Buffer.from(hostile) }),
    );
    for (const line of [text, reason]) assert.match(line, /^[\x20-\x7e]+\n$/);
  });

  it('is short even for a long payload', () => {
    for (const type of [BufferType.Utf8Message, BufferType.BinaryMessage]) {
      const line = lineOf(received(type, Buffer.alloc(1 << 20, 0x61)));
      assert.ok(line.length < 160 && line.endsWith(' …\n'), line);
    }
  });

  it('tells a close without a body from one without a reason', () => {
    const none = new Uint8Array(0);
    assert.match(lineOf(received(BufferType.Close, none, { status: 1005, reason: null })), / 1005\n$/);
    assert.match(lineOf(received(BufferType.Close, none, { status: 1000, reason: none })), / 1000 ""\n$/);
  });
});
