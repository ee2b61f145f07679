/** Payloads and frames for the measurements. They are the same in every process. */

/** A small generator of reproducible noise (xorshift32). */
function noise(seed) {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

const MIXED = [...'aé世🙂 plain text, naïve; 漢字 and кириллица '];

/** A payload: `content` is 'bytes', 'ascii' or 'mixed' (UTF-8 of 1 to 4 bytes a character). */
export function payloadOf(content, size, seed) {
  const payload = Buffer.alloc(size);
  const next = noise(seed);
  if (content === 'bytes') {
    for (let at = 0; at < size; at++) payload[at] = next();
  } else if (content === 'ascii') {
    for (let at = 0; at < size; at++) payload[at] = 0x20 + (next() % 0x5f);
  } else {
    let at = 0;
    for (let turn = 0; at < size; turn++) {
      const character = Buffer.from(MIXED[turn % MIXED.length]);
      if (at + character.length > size) break;
      at += character.copy(payload, at);
    }
    payload.fill(0x2e, at);
  }
  return payload;
}

/** A text of JSON of exactly this many bytes, as a program would send it: records that resemble those before them. */
export function jsonOf(size, index) {
  const next = noise(index + 1);
  const records = [];
  for (let length = 2; length < size; length += records.at(-1).length + 1)
    records.push(
      JSON.stringify({
        id: next() % 100_000,
        symbol: ['MSFT', 'AAPL', 'SIE', 'SAP'][next() % 4],
        price: (next() % 100_000) / 100,
        volume: next() % 10_007,
        time: new Date(1_700_000_000_000 + next()).toISOString(),
      }),
    );
  return `[${records.join(',')}]`.slice(0, size);
}

/**
 * Gives messages for ever, in an order without a pattern. Texts of JSON are more in all than the window of zlib holds, so
 * that a connection seldom gets one that zlib still remembers whole.
 */
export function messagesOf({ content, size }) {
  const messages =
    content === 'json'
      ? Array.from({ length: Math.max(16, Math.ceil((1 << 20) / size)) }, (_, index) => jsonOf(size, index))
      : Array.from({ length: 16 }, (_, index) => payloadOf('bytes', size, index + 1));
  const next = noise(size);
  return () => messages[next() % messages.length];
}

/** The head of a frame, before its mask key. @param maskBit - 0x80 if the frame has a key. */
export function headOf(firstByte, length, maskBit = 0) {
  if (length < 126) return Buffer.from([firstByte, maskBit | length]);
  if (length < 0x10000) return Buffer.from([firstByte, maskBit | 126, length >> 8, length & 0xff]);
  const head = Buffer.alloc(10);
  head[0] = firstByte;
  head[1] = maskBit | 127;
  head.writeUInt32BE(length, 6);
  return head;
}

/** A frame; `key` is 0 for none. */
export function frameOf(firstByte, payload, key) {
  const { length } = payload;
  const head = headOf(firstByte, length, key === 0 ? 0 : 0x80);
  if (key === 0) return Buffer.concat([head, payload]);
  const bytes = [key & 0xff, (key >>> 8) & 0xff, (key >>> 16) & 0xff, key >>> 24];
  const masked = Buffer.from(payload);
  for (let at = 0; at < length; at++) masked[at] ^= bytes[at & 3];
  return Buffer.concat([head, Buffer.from(bytes), masked]);
}

/**
 * A stream of messages, cut into chunks as a socket would cut it.
 *
 * @returns `chunks`, the number of `messages` in them, and their `payloads`; the last payload repeats.
 */
export function streamOf({ content, size, masked, fragments = 1 }, { bytes, chunkSize }) {
  const opcode = content === 'bytes' ? 2 : 1;
  const key = noise(size + 7);
  const distinct = Math.max(1, Math.min(64, Math.ceil(bytes / size)));
  const payloads = Array.from({ length: distinct }, (_, index) =>
    payloadOf(content, size, size * 31 + index),
  );
  const frames = [];
  let total = 0;
  let messages = 0;
  while (total < bytes || messages < distinct) {
    const payload = payloads[messages % distinct];
    const step = Math.ceil(size / fragments);
    for (let at = 0; at < size; at += step) {
      const isLast = at + step >= size;
      const firstByte = (isLast ? 0x80 : 0) | (at === 0 ? opcode : 0);
      const frame = frameOf(firstByte, payload.subarray(at, at + step), masked ? key() | 1 : 0);
      frames.push(frame);
      total += frame.length;
    }
    messages++;
  }
  const all = Buffer.concat(frames);
  const chunks = [];
  for (let at = 0; at < all.length; at += chunkSize) chunks.push(all.subarray(at, at + chunkSize));
  return { chunks, messages, payloads };
}
