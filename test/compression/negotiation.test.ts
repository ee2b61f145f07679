import { strict as assert } from 'node:assert';
import { chooseExtension, concludeExtension } from '../../lib/connection/codec/codec.js';
import { perMessageDeflate } from '../../lib/connection/codec/deflate/index.js';
import type { PerMessageDeflateOptions } from '../../lib/connection/codec/deflate/index.js';

const NAME = 'permessage-deflate';
type Options = PerMessageDeflateOptions;

const answers: readonly (readonly [offer: string, options: Options, answer: string | undefined])[] = [
  [NAME, {}, NAME],
  [`${NAME}; client_max_window_bits`, {}, NAME],
  [`${NAME}; client_max_window_bits=10`, {}, `${NAME}; client_max_window_bits=10`],
  [`${NAME}; client_max_window_bits`, { clientMaxWindowBits: 9 }, `${NAME}; client_max_window_bits=9`],
  [`${NAME}; client_max_window_bits=8`, { clientMaxWindowBits: 9 }, `${NAME}; client_max_window_bits=8`],
  [NAME, { clientMaxWindowBits: 9 }, undefined],
  [`${NAME}; server_max_window_bits=9`, {}, `${NAME}; server_max_window_bits=9`],
  [`${NAME}; server_max_window_bits=9`, { serverMaxWindowBits: 12 }, `${NAME}; server_max_window_bits=9`],
  [`${NAME}; server_max_window_bits=12`, { serverMaxWindowBits: 9 }, `${NAME}; server_max_window_bits=9`],
  [`${NAME}; server_max_window_bits=9`, { serverMaxWindowBits: false }, undefined],
  [NAME, { serverMaxWindowBits: 9 }, `${NAME}; server_max_window_bits=9`],
  [`${NAME}; server_no_context_takeover`, {}, `${NAME}; server_no_context_takeover`],
  [`${NAME}; server_no_context_takeover`, { serverNoContextTakeover: false }, undefined],
  [NAME, { serverNoContextTakeover: true }, `${NAME}; server_no_context_takeover`],
  [NAME, { clientNoContextTakeover: true }, `${NAME}; client_no_context_takeover`],
  [`${NAME}; client_no_context_takeover`, {}, `${NAME}; client_no_context_takeover`],
  [`${NAME}; server_max_window_bits=9; x`, {}, undefined],
  [`${NAME}; server_max_window_bits=7`, {}, undefined],
  [`${NAME}; server_max_window_bits=16`, {}, undefined],
  [`${NAME}; server_max_window_bits=09`, {}, undefined],
  [`${NAME}; server_max_window_bits`, {}, undefined],
  [`${NAME}; client_no_context_takeover=1`, {}, undefined],
  [`${NAME}; server_max_window_bits=9; server_max_window_bits=9`, {}, undefined],
  ['permessage-other', {}, undefined],
  [
    `${NAME}; x, permessage-other, ${NAME}; server_max_window_bits=10`,
    {},
    `${NAME}; server_max_window_bits=10`,
  ],
  [`${NAME}; ,`, {}, undefined],
];

const conclusions: readonly (readonly [answer: string, options: Options, error: RegExp | undefined])[] = [
  [NAME, {}, undefined],
  [`${NAME}; server_no_context_takeover; client_no_context_takeover`, {}, undefined],
  [`${NAME}; client_max_window_bits=8; server_max_window_bits=15`, {}, undefined],
  [`${NAME}; client_max_window_bits`, {}, /invalid parameter/],
  [`${NAME}; client_max_window_bits=10`, { clientMaxWindowBits: false }, /not offered/],
  [`${NAME}; client_max_window_bits=10`, { clientMaxWindowBits: 9 }, /9 were offered/],
  [`${NAME}; server_max_window_bits=10`, { serverMaxWindowBits: 9 }, /does not agree/],
  [NAME, { serverMaxWindowBits: 9 }, /does not agree/],
  [NAME, { serverNoContextTakeover: true }, /does not agree/],
  [`${NAME}; client_no_context_takeover`, { clientNoContextTakeover: false }, /refuses/],
  [`${NAME}; x`, {}, /invalid parameter/],
  [`${NAME}; client_no_context_takeover; client_no_context_takeover`, {}, /twice/],
  [`${NAME}, ${NAME}`, {}, /more than one/],
  ['other', {}, /not offered/],
  [`${NAME};`, {}, /malformed/],
];

describe('the agreement on permessage-deflate', () => {
  for (const [offer, options, answer] of answers) {
    it(`server ${JSON.stringify(options)}: ${offer} -> ${answer ?? 'nothing'}`, () => {
      assert.equal(chooseExtension([perMessageDeflate(options)], offer)?.answer, answer);
    });
  }

  for (const [answer, options, error] of conclusions) {
    it(`client ${JSON.stringify(options)}: ${answer} ${error === undefined ? 'is fine' : 'is refused'}`, () => {
      const conclude = (): unknown => concludeExtension([perMessageDeflate(options)], answer);
      if (error === undefined) assert.equal(typeof conclude(), 'function');
      else assert.throws(conclude, error);
    });
  }

  it('makes the offers that the options ask for', () => {
    assert.deepEqual(perMessageDeflate().offers(), [`${NAME}; client_max_window_bits`]);
    assert.deepEqual(
      perMessageDeflate({
        serverNoContextTakeover: true,
        clientNoContextTakeover: true,
        serverMaxWindowBits: 10,
        clientMaxWindowBits: 9,
      }).offers(),
      [
        `${NAME}; server_no_context_takeover; client_no_context_takeover; ` +
          'server_max_window_bits=10; client_max_window_bits=9',
      ],
    );
    assert.deepEqual(perMessageDeflate({ clientMaxWindowBits: false }).offers(), [NAME]);
  });

  it('refuses options out of range', () => {
    assert.throws(() => perMessageDeflate({ serverMaxWindowBits: 7 }), RangeError);
    assert.throws(() => perMessageDeflate({ clientMaxWindowBits: 16 }), RangeError);
    assert.throws(() => perMessageDeflate({ threshold: -1 }), RangeError);
    assert.throws(() => perMessageDeflate({ concurrencyLimit: 0 }), RangeError);
  });
});
