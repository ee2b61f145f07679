/**
 * The rows of the tables. `target` is the project's goal for the work, as a ratio to ws without helpers; `null` if
 * there is no goal.
 */

export const ENGINE_CONTENDERS = ['ws', 'ws+native', 'websocket-driver', 'undici', 'copy', 'ours'];

const parse = (id, title, target, row) => ({
  id,
  title,
  target,
  kind: 'parse',
  masked: true,
  content: 'bytes',
  deliver: 'index',
  ...row,
});
const send = (id, title, target, row) => ({
  id,
  title,
  target,
  kind: 'send',
  masked: true,
  content: 'bytes',
  ...row,
});

const KIB = 1024;
const MIB = KIB * KIB;

export const ENGINE_ROWS = [
  parse('parse-32', 'parse 32 B, positions only', 10, { size: 32 }),
  parse('parse-32-buffer', 'parse 32 B, a Buffer each', 6, { size: 32, deliver: 'buffer' }),
  parse('parse-125', 'parse 125 B', 8, { size: 125 }),
  parse('parse-1k', 'parse 1 KiB', 10, { size: KIB }),
  parse('parse-16k', 'parse 16 KiB', 8, { size: 16 * KIB }),
  parse('parse-1m', 'parse 1 MiB, parts handed on', 8, { size: MIB }),
  parse('parse-1m-message', 'parse 1 MiB, assembled by a connection', 5, { size: MIB, deliver: 'message' }),
  parse('text-32', 'parse text 32 B, a string each', 5, { size: 32, content: 'ascii', deliver: 'string' }),
  parse('text-1k', 'parse text 1 KiB, ASCII', 7, { size: KIB, content: 'ascii' }),
  parse('text-1k-mixed', 'parse text 1 KiB, mixed UTF-8', 5, { size: KIB, content: 'mixed' }),
  parse('parse-1k-client', 'parse unmasked 1 KiB (client)', 3, { size: KIB, masked: false }),
  parse('text-1k-client', 'parse unmasked text 1 KiB (client)', null, {
    size: KIB,
    masked: false,
    content: 'ascii',
  }),
  send('send-32', 'send masked 32 B, batched', 3, { size: 32 }),
  send('send-1k', 'send masked 1 KiB', 14, { size: KIB }),
  send('send-16k', 'send masked 16 KiB', 11, { size: 16 * KIB }),
  send('send-1m', 'send masked 1 MiB', 11, { size: MIB }),
  send('send-32-server', 'send 32 B from a server, batched', null, { size: 32, masked: false }),
  send('send-16k-server', 'send 16 KiB from a server, by reference', null, { size: 16 * KIB, masked: false }),
];

/** Payload sizes for the plot and its table. */
export const SIZES = [32, 128, 512, 2 * KIB, 8 * KIB, 32 * KIB, 128 * KIB, 512 * KIB, 2 * MIB, 16 * MIB];
export const SIZE_ROWS = SIZES.map((size) => parse(`size-${size}`, `parse ${size} B`, null, { size }));

/** Numbers of fragments of a message of 1 MiB, which the application gets whole. */
export const FRAGMENTS = [1, 10, 100, 1000, 10_000];
export const FRAGMENT_ROWS = FRAGMENTS.map((fragments) =>
  parse(`fragments-${fragments}`, `1 MiB in ${fragments} fragments`, null, {
    size: MIB,
    fragments,
    deliver: 'message',
  }),
);
