/**
 * The duties of an echo peer, section by section of RFC 6455: framing, pings, reserved bits, opcodes, fragmentation,
 * UTF-8, closing, limits. A case has the frames of a hand-made peer, and the frames that must come back.
 */
import type { RawPeer } from '../support/raw-peer.js';

/** The frames that must come back: messages and pongs in order, then the status of the peer's close frame. */
export interface Expectation {
  /** Echoed messages: text as string, binary as Buffer. */
  readonly echoes?: readonly (string | Buffer)[];
  readonly pongs?: readonly Buffer[];
  /** Allowed statuses of the close frame that comes back; `null` for a frame without a body. */
  readonly close: readonly (number | null)[];
}

export interface PeerCase {
  readonly name: string;
  readonly expect: Expectation;
  /**
   * Writes the frames. The driver ends with a close frame of status 1000, unless the case ends the connection itself.
   */
  readonly send: (peer: RawPeer) => Promise<void>;
  /** Whether the case itself closes or breaks the connection. */
  readonly ends?: boolean;
}

const CONTINUATION = 0;
const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

const NORMAL = [1000];
const PROTOCOL_ERROR = [1002];
const NOT_UTF8 = [1007];

const cases: PeerCase[] = [];

function add(name: string, expect: Expectation, send: PeerCase['send'], ends = false): void {
  cases.push({ name, expect, send, ends });
}

/** Adds a case three times: frames in one write, in single bytes, and in pieces of three. */
function addChopped(
  name: string,
  expect: Expectation,
  build: (peer: RawPeer) => Buffer[],
  ends = false,
): void {
  for (const [how, chop] of [
    ['in one write', Infinity],
    ['byte by byte', 1],
    ['frame by frame', 0],
  ] as const) {
    add(
      `${name}, ${how}`,
      expect,
      async (peer) => {
        const frames = build(peer);
        if (chop !== 0) await peer.pour(Buffer.concat(frames), chop);
        else for (const frame of frames) await peer.pour(frame, frame.length);
      },
      ends,
    );
  }
}

const filled = (length: number, byte = 0x2a): Buffer => Buffer.alloc(length, byte);

// ---- framing

for (const length of [0, 125, 126, 127, 128, 65535, 65536]) {
  const text = filled(length).toString();
  add(`1.1 text of ${length} bytes`, { echoes: [text], close: NORMAL }, (peer) =>
    peer.pour(peer.frame(TEXT, text)),
  );
  const bytes = filled(length, 0xfe);
  add(`1.2 binary of ${length} bytes`, { echoes: [bytes], close: NORMAL }, (peer) =>
    peer.pour(peer.frame(BINARY, bytes)),
  );
}
add(
  '1.1.8 text of 65536 bytes in pieces of 997',
  { echoes: [filled(65536).toString()], close: NORMAL },
  (peer) => peer.pour(peer.frame(TEXT, filled(65536)), 997),
);

// ---- pings and pongs

const payloads = ['', 'Hello, world!', Buffer.from('00fffefdfcfb00ff', 'hex'), filled(125, 0xfe)];
for (const payload of payloads) {
  const pong = Buffer.from(payload as string);
  addChopped(`2 ping of ${payload.length} bytes`, { pongs: [pong], close: NORMAL }, (peer) => [
    peer.frame(PING, payload),
  ]);
}
addChopped(
  '2.5 ping of 126 bytes',
  { close: PROTOCOL_ERROR },
  (peer) => [peer.frame(PING, filled(126))],
  true,
);
addChopped('2.7 unsolicited pong', { echoes: ['after'], close: NORMAL }, (peer) => [
  peer.frame(PONG),
  peer.frame(PONG, 'payload'),
  peer.frame(TEXT, 'after'),
]);
addChopped('2.9 unsolicited pong, then a ping', { pongs: [Buffer.from('ping')], close: NORMAL }, (peer) => [
  peer.frame(PONG, 'unsolicited'),
  peer.frame(PING, 'ping'),
]);
addChopped(
  '2.10 ten pings',
  { pongs: Array.from({ length: 10 }, (_, index) => Buffer.from(`payload-${index}`)), close: NORMAL },
  (peer) => Array.from({ length: 10 }, (_, index) => peer.frame(PING, `payload-${index}`)),
);

// ---- reserved bits

for (let rsv = 1; rsv <= 7; rsv++) {
  addChopped(
    `3 text with reserved bits ${rsv}`,
    { echoes: ['first'], close: PROTOCOL_ERROR },
    (peer) => [peer.frame(TEXT, 'first'), peer.frame(TEXT, 'second', { rsv }), peer.frame(PING)],
    true,
  );
}
for (const opcode of [BINARY, CLOSE, PING, PONG]) {
  addChopped(
    `3 opcode ${opcode} with a reserved bit`,
    { close: PROTOCOL_ERROR },
    (peer) => [peer.frame(opcode, '', { rsv: 4 })],
    true,
  );
}

// ---- opcodes

for (const opcode of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) {
  for (const payload of ['', 'reserved opcode payload']) {
    addChopped(
      `4 reserved opcode ${opcode} with ${payload.length} bytes`,
      { echoes: ['first'], close: PROTOCOL_ERROR },
      (peer) => [peer.frame(TEXT, 'first'), peer.frame(opcode, payload), peer.frame(PING)],
      true,
    );
  }
}

// ---- fragmentation

const part = { fin: false };
addChopped(
  '5.1 ping in two fragments',
  { close: PROTOCOL_ERROR },
  (peer) => [peer.frame(PING, 'fragment1', part), peer.frame(CONTINUATION, 'fragment2')],
  true,
);
addChopped(
  '5.2 pong in two fragments',
  { close: PROTOCOL_ERROR },
  (peer) => [peer.frame(PONG, 'fragment1', part), peer.frame(CONTINUATION, 'fragment2')],
  true,
);
addChopped('5.3 text in two fragments', { echoes: ['fragment1fragment2'], close: NORMAL }, (peer) => [
  peer.frame(TEXT, 'fragment1', part),
  peer.frame(CONTINUATION, 'fragment2'),
]);
addChopped(
  '5.6 a ping between two fragments',
  { echoes: ['fragment1fragment2'], pongs: [Buffer.from('ping')], close: NORMAL },
  (peer) => [
    peer.frame(TEXT, 'fragment1', part),
    peer.frame(PING, 'ping'),
    peer.frame(CONTINUATION, 'fragment2'),
  ],
);
for (const fin of [true, false]) {
  addChopped(
    `5.9 continuation without a message, fin ${fin}`,
    { close: PROTOCOL_ERROR },
    (peer) => [
      peer.frame(CONTINUATION, 'non-continuation payload', { fin }),
      peer.frame(TEXT, 'Hello, world!'),
    ],
    true,
  );
}
addChopped(
  '5.15 continuation after a finished message',
  { echoes: ['fragment1fragment2'], close: PROTOCOL_ERROR },
  (peer) => [
    peer.frame(TEXT, 'fragment1', part),
    peer.frame(CONTINUATION, 'fragment2'),
    peer.frame(CONTINUATION, 'fragment3', part),
    peer.frame(TEXT, 'fragment4'),
  ],
  true,
);
addChopped(
  '5.18 a message inside of a message',
  { close: PROTOCOL_ERROR },
  (peer) => [peer.frame(TEXT, 'fragment1', part), peer.frame(TEXT, 'fragment2')],
  true,
);
addChopped(
  '5.19 five fragments with pings between',
  {
    echoes: ['fragment1fragment2fragment3fragment4fragment5'],
    pongs: [Buffer.from('pongme 1!'), Buffer.from('pongme 2!')],
    close: NORMAL,
  },
  (peer) => [
    peer.frame(TEXT, 'fragment1', part),
    peer.frame(CONTINUATION, 'fragment2', part),
    peer.frame(PING, 'pongme 1!'),
    peer.frame(CONTINUATION, 'fragment3', part),
    peer.frame(CONTINUATION, 'fragment4', part),
    peer.frame(PING, 'pongme 2!'),
    peer.frame(CONTINUATION, 'fragment5'),
  ],
);
addChopped('5 empty fragments', { echoes: ['', 'a'], close: NORMAL }, (peer) => [
  peer.frame(TEXT, '', part),
  peer.frame(CONTINUATION, '', part),
  peer.frame(CONTINUATION, ''),
  peer.frame(TEXT, '', part),
  peer.frame(CONTINUATION, 'a', part),
  peer.frame(CONTINUATION, ''),
]);

// ---- UTF-8

const VALID = [
  'cebae1bdb9cf83cebcceb5',
  '00',
  'c280',
  'e0a080',
  'f0908080',
  '7f',
  'dfbf',
  'efbfbf',
  'f48fbfbf',
  'ed9fbf',
  'ee8080',
  'efbfbd',
  'efbfbe',
  'f09fbfbe',
  'f3bfbfbf',
  'f0afbfbf',
];
const INVALID = [
  'f4908080',
  'f8888080 80',
  'fc8480808080',
  'f7bfbfbf',
  'fbbfbfbfbf',
  'fdbfbfbfbfbf',
  '80',
  'bf',
  '80bf',
  '80bf80bf80',
  'c020c120',
  'e020e120',
  'f020f120',
  'c0',
  'e080',
  'f08080',
  'df',
  'efbf',
  'f7bfbf',
  'fe',
  'ff',
  'fefeffff',
  'c0af',
  'e080af',
  'f08080af',
  'c1bf',
  'e09fbf',
  'f08fbfbf',
  'c080',
  'e08080',
  'f0808080',
  'eda080',
  'edafbf',
  'edb080',
  'edbfbf',
  'eda080edb080',
  'cebae1bdb9cf83cebcceb5eda080656469746564',
  'cebae1bdb9cf83cebcceb5f4908080656469746564',
];
for (const hex of VALID) {
  const bytes = Buffer.from(hex, 'hex');
  addChopped(`6 valid text ${hex}`, { echoes: [bytes.toString()], close: NORMAL }, (peer) => [
    peer.frame(TEXT, bytes),
  ]);
  addChopped(
    `6 valid text ${hex}, a fragment a byte`,
    { echoes: [bytes.toString()], close: NORMAL },
    (peer) =>
      [...bytes].map((byte, index) =>
        peer.frame(index === 0 ? TEXT : CONTINUATION, Buffer.of(byte), { fin: index === bytes.length - 1 }),
      ),
  );
}
for (const hex of INVALID) {
  const bytes = Buffer.from(hex.replace(' ', ''), 'hex');
  addChopped(`6 invalid text ${hex}`, { close: NOT_UTF8 }, (peer) => [peer.frame(TEXT, bytes)], true);
}
add(
  '6.4 an invalid byte in an unfinished message is answered at once',
  { close: NOT_UTF8 },
  async (peer) => {
    await peer.pour(peer.frame(TEXT, Buffer.from('cebae1bdb9cf83cebcceb5', 'hex'), part));
    await peer.pour(peer.frame(CONTINUATION, Buffer.from('f4908080', 'hex'), part));
  },
  true,
);
add(
  '6.4 an invalid byte in an unfinished frame is answered at once',
  { close: NOT_UTF8 },
  async (peer) => {
    const frame = peer.frame(TEXT, Buffer.from('cebae1bdb9cf83cebcceb5f4908080656469746564', 'hex'));
    await peer.pour(frame.subarray(0, frame.length - 6));
  },
  true,
);

// ---- closing

const closeBody = (status: number, reason: Buffer | string = ''): Buffer => {
  const body = Buffer.alloc(2);
  body.writeUInt16BE(status);
  return Buffer.concat([body, Buffer.from(reason as string)]);
};
addChopped(
  '7.1.1 a message, then close',
  { echoes: ['Hello World!'], close: NORMAL },
  (peer) => [peer.frame(TEXT, 'Hello World!'), peer.frame(CLOSE, closeBody(1000))],
  true,
);
addChopped(
  '7.1.2 two closes',
  { close: NORMAL },
  (peer) => [peer.frame(CLOSE, closeBody(1000)), peer.frame(CLOSE, closeBody(1000))],
  true,
);
addChopped(
  '7.1.3 a ping after the close',
  { pongs: [], close: NORMAL },
  (peer) => [peer.frame(CLOSE, closeBody(1000)), peer.frame(PING)],
  true,
);
addChopped(
  '7.1.4 text after the close',
  { close: NORMAL },
  (peer) => [peer.frame(CLOSE, closeBody(1000)), peer.frame(TEXT, 'too late')],
  true,
);
addChopped(
  '7.1.5 a fragment, a close, a fragment',
  { close: NORMAL },
  (peer) => [
    peer.frame(TEXT, 'fragment1', part),
    peer.frame(CLOSE, closeBody(1000)),
    peer.frame(CONTINUATION, 'fragment2'),
  ],
  true,
);
addChopped('7.3.1 an empty close', { close: [null, 1000, 1005] }, (peer) => [peer.frame(CLOSE)], true);
addChopped('7.3.2 a close of one byte', { close: PROTOCOL_ERROR }, (peer) => [peer.frame(CLOSE, 'a')], true);
addChopped(
  '7.3.4 a close with a reason',
  { close: NORMAL },
  (peer) => [peer.frame(CLOSE, closeBody(1000, 'Hello World!'))],
  true,
);
addChopped(
  '7.3.5 the longest reason',
  { close: NORMAL },
  (peer) => [peer.frame(CLOSE, closeBody(1000, filled(123)))],
  true,
);
addChopped(
  '7.3.6 a reason too long',
  { close: PROTOCOL_ERROR },
  (peer) => [peer.frame(CLOSE, closeBody(1000, filled(124)))],
  true,
);
addChopped(
  '7.5.1 a reason that is not UTF-8',
  { close: NOT_UTF8 },
  (peer) => [
    peer.frame(CLOSE, closeBody(1000, Buffer.from('cebae1bdb9cf83cebcceb5eda080656469746564', 'hex'))),
  ],
  true,
);
for (const status of [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999]) {
  addChopped(
    `7.7 status ${status}`,
    { close: [status, 1000] },
    (peer) => [peer.frame(CLOSE, closeBody(status))],
    true,
  );
}
for (const status of [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999]) {
  addChopped(
    `7.9 status ${status}`,
    { close: PROTOCOL_ERROR },
    (peer) => [peer.frame(CLOSE, closeBody(status))],
    true,
  );
}
for (const status of [5000, 65535]) {
  addChopped(
    `7.13 status ${status}`,
    { close: [status, 1000, 1002] },
    (peer) => [peer.frame(CLOSE, closeBody(status))],
    true,
  );
}

// ---- malformed lengths

const malformed: readonly [string, string][] = [
  ['a 16-bit length below 126', '007d'],
  ['a 64-bit length below 65536', '000000000000ffff'],
  ['a 64-bit length with its highest bit', '8000000000000000'],
];
for (const [what, hex] of malformed) {
  addChopped(
    what,
    { close: PROTOCOL_ERROR },
    (peer) => {
      const masked = peer.frame(TEXT, 'x')[1]! & 0x80;
      const length = Buffer.from(hex, 'hex');
      const form = length.length === 2 ? 126 : 127;
      return [
        Buffer.concat([Buffer.of(0x82, masked | form), length, masked ? Buffer.alloc(4) : Buffer.alloc(0)]),
      ];
    },
    true,
  );
}
addChopped(
  'a frame masked the wrong way',
  { close: PROTOCOL_ERROR },
  (peer) => {
    const right = peer.frame(TEXT, 'x')[1]! & 0x80;
    return [Buffer.concat([Buffer.of(0x81, (right ^ 0x80) | 1), Buffer.alloc(5)])];
  },
  true,
);

// ---- limits

for (const [length, fragment] of [
  [1 << 20, 1 << 20],
  [4 << 20, 4 << 20],
  [16 << 20, 16 << 20],
  [4 << 20, 64],
  [4 << 20, 4096],
] as const) {
  for (const opcode of [TEXT, BINARY]) {
    const message = filled(length);
    add(
      `9 ${opcode === TEXT ? 'text' : 'binary'} of ${length} bytes in fragments of ${fragment}`,
      { echoes: [opcode === TEXT ? message.toString() : message], close: NORMAL },
      async (peer) => {
        const frames: Buffer[] = [];
        for (let at = 0; at < length; at += fragment) {
          const fin = at + fragment >= length;
          frames.push(
            peer.frame(at === 0 ? opcode : CONTINUATION, message.subarray(at, at + fragment), { fin }),
          );
        }
        await peer.pour(Buffer.concat(frames), 1 << 20);
      },
    );
  }
}
for (const length of [0, 16, 64, 256, 1024]) {
  const text = filled(length).toString();
  add(
    `9.7 1000 messages of ${length} bytes`,
    { echoes: Array<string>(1000).fill(text), close: NORMAL },
    (peer) => peer.pour(Buffer.concat(Array.from({ length: 1000 }, () => peer.frame(TEXT, text)))),
  );
}
add(
  '10.1 65536 bytes in fragments of 1300',
  { echoes: [filled(65536).toString()], close: NORMAL },
  async (peer) => {
    for (let at = 0; at < 65536; at += 1300) {
      const fin = at + 1300 >= 65536;
      await peer.pour(
        peer.frame(at === 0 ? TEXT : CONTINUATION, filled(65536).subarray(at, at + 1300), { fin }),
      );
    }
  },
);

/** All cases. */
export const PEER_CASES: readonly PeerCase[] = cases;

/** Status for a case that does not end by itself. */
export const CLOSE_NORMALLY = closeBody(1000);
