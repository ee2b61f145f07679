/** Random frames of a peer, as bytes. Drivers need them, since they take chunks and cannot play scripts. */
import { fc } from '../../lib/vendor/fast-check.js';

import { binaries, texts, wrongTexts } from '../../lib/parity/random/content.js';

/** A frame of a peer. */
export interface Frame {
  readonly first: number;
  readonly masked: boolean;
  readonly payload: Uint8Array;
  /** The form of the length. A longer form than needed is a violation. */
  readonly form: 7 | 16 | 64;
}

/** Text with characters of every length, noise of every length, and now and then invalid text. */
export const payloads: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 10, arbitrary: texts },
  { weight: 10, arbitrary: binaries },
  { weight: 1, arbitrary: wrongTexts },
);

/** Frames of one side. Nearly all of them are legal when seen alone. */
export const frames: fc.Arbitrary<Frame> = fc
  .record({
    opcode: fc.constantFrom(0, 1, 2, 8, 9, 10, 1, 2, 0, 9, 3, 11),
    fin: fc.constantFrom(0x80, 0x80, 0),
    reserved: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0x40, 0x10),
    masked: fc.boolean(),
    form: fc.constantFrom<7 | 16 | 64>(7, 7, 7, 7, 7, 16, 64),
    payload: payloads,
  })
  .map(({ opcode, fin, reserved, masked, form, payload }) => ({
    first: fin | reserved | opcode,
    masked,
    form,
    payload,
  }));

/** The frames of a message in fragments. It is cut anywhere, with pings between the fragments. */
export const messages: fc.Arbitrary<Frame[]> = fc
  .tuple(
    fc.boolean(),
    texts,
    fc.array(fc.nat(600), { maxLength: 5, size: 'max' }),
    fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
  )
  .map(([isText, bytes, cuts, pings]) => {
    const borders = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort(
      (left, right) => left - right,
    );
    return [...borders, bytes.length].flatMap((to, index, all): Frame[] => {
      const payload = bytes.subarray(all[index - 1] ?? 0, to);
      const opcode = index > 0 ? 0 : isText ? 1 : 2;
      const fin = index === all.length - 1 ? 0x80 : 0;
      const frame: Frame = { first: fin | opcode, masked: true, payload, form: 7 };
      const ping: Frame = { first: 0x89, masked: true, payload: bytes.subarray(0, 100), form: 7 };
      return pings[index] === true && fin === 0 ? [frame, ping] : [frame];
    });
  });

export function bytesOfFrame({ first, masked, payload, form }: Frame): Uint8Array {
  const header = [first];
  const { length } = payload;
  const bit = masked ? 0x80 : 0;
  if (form === 7 && length < 126) header.push(bit | length);
  else if (form !== 64 && length < 65536) header.push(bit | 126, length >> 8, length & 255);
  else
    header.push(
      bit | 127,
      0,
      0,
      0,
      0,
      length >>> 24,
      (length >> 16) & 255,
      (length >> 8) & 255,
      length & 255,
    );
  if (!masked) return Uint8Array.from([...header, ...payload]);
  const key = [1, 2, 3, 4];
  return Uint8Array.from([...header, ...key, ...payload.map((byte, index) => byte ^ key[index & 3]!)]);
}
