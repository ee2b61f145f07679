import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';

import fc from 'fast-check';

import { acceptOf } from '../../lib/component/accept.js';

describe('the proof that the server has read the key', () => {
  it('agrees with the example in RFC 6455, section 1.3', () => {
    assert.equal(acceptOf('dGhlIHNhbXBsZSBub25jZQ=='), 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  });

  it('takes a key that is not ASCII byte by byte (Q-H10)', () => {
    const character = fc.integer({ min: 1, max: 0xff }).map((code) => String.fromCharCode(code));
    fc.assert(
      fc.property(fc.string({ unit: character }), (key) => {
        const bytes = Buffer.from(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`, 'latin1');
        assert.equal(acceptOf(key), createHash('sha1').update(bytes).digest('base64'));
      }),
    );
  });
});
