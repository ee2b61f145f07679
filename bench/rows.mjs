/**
 * All that is measured: groups of rows, which become the tables.
 *
 * A row has an `id`, a `title`, what its kind of measurement needs, `goals`, and `why`: the measured reason of a goal that
 * is not reached. `others` are contenders of this row only. A group has its times, in milliseconds, and its rounds three
 * times: for the whole run, for `--quick`, and for the test that each group works.
 */
import { start as broadcast } from './measure/broadcast.mjs';
import { start as engine } from './measure/engine.mjs';
import { start as firstImport } from './measure/import.mjs';
import { start as pair } from './measure/pair.mjs';
import { hasLoad } from './measure/load.mjs';
import { start as wire, startDelay, startIdle, startLatency } from './measure/wire.mjs';

const KIB = 1024;
const MIB = KIB * KIB;
const named = (size) => (size >= MIB ? `${size / MIB} MiB` : size >= KIB ? `${size / KIB} KiB` : `${size} B`);
const many = (count, noun) => `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;

/** `of` has to be at least so many times as fast as `against`. */
const atLeast = (ratio, of = 'ours', against = 'ws') => ({ of, against, atLeast: ratio });
/** `of` may cost at most so many times as much as `against`. */
const atMost = (ratio, of, against) => ({ of, against, atMost: ratio });

/** Adds to each row of a group what they have in common. */
const group = ({ rows, ...rest }) => ({
  rounds: [5, 3, 1],
  base: 'ws',
  subject: 'ours',
  figure: 'cost',
  table: 'ratios',
  ...rest,
  rows: rows.map((row) => ({ ...rest.row, ...row, goals: row.goals ?? [] })),
});

const parse = (id, title, goal, row) => ({
  id,
  title,
  goals: goal === null ? [] : [atLeast(goal)],
  kind: 'parse',
  masked: true,
  content: 'bytes',
  deliver: 'index',
  ...row,
});
const send = (id, title, goal, row) => parse(id, title, goal, { kind: 'send', deliver: undefined, ...row });

const ENGINE = {
  start: engine,
  milliseconds: [80, 20, 1],
  warm: [200, 60, 1],
};

/** Connections, messages under way on each, and bytes of a message. */
const echo = (prefix, connections, depth, size, row) => ({
  id: `${prefix}-${connections}x${depth}-${size}`,
  title: `${many(connections, 'connection')}, ${depth} deep, ${named(size)}`,
  connections,
  depth,
  size,
  ...row,
});
const wireEcho = (connections, depth, size, goals, row) =>
  echo('echo', connections, depth, size, { load: 'echo', goals, ...row });

const PAIR = { start: pair, milliseconds: [250, 200, 5], warm: [2000, 1000, 5] };
const WEB_BUFFER =
  'a bare socket that writes ready frames is 3.7 to 4.0 times as fast as ws; what the web WebSocket costs above connect is the ArrayBuffer of each message: see Clients in "What was tried"';
const HTTP2_CACHE =
  'the streams of 500 WebSockets fill the second cache, and each is touched when it is read, when node:http2 takes its output, and when its write is done: see HTTP/2 in "What was tried"';
const TLS_FLOOR = 'the floor that writes once a turn does not reach it: a TLS socket of Node takes the rest';
const BROADCAST = { start: broadcast, needs: hasLoad, milliseconds: [300, 200, 5], warm: [300, 200, 5] };
const LOADED = { start: wire, needs: hasLoad, milliseconds: [300, 100, 50], warm: [500, 300, 20] };

export const GROUPS = [
  group({
    ...ENGINE,
    id: 'engine',
    title: 'Engine, in memory',
    contenders: ['ws', 'ws+native', 'websocket-driver', 'undici', 'copy', 'ours'],
    rows: [
      parse('parse-32', 'parse 32 B, positions only', 10, { size: 32 }),
      parse('parse-32-buffer', 'parse 32 B, a Buffer each', 6, { size: 32, deliver: 'buffer' }),
      parse('parse-125', 'parse 125 B', 8, { size: 125 }),
      parse('parse-1k', 'parse 1 KiB', 10, { size: KIB }),
      parse('parse-16k', 'parse 16 KiB', 8, { size: 16 * KIB }),
      parse('parse-1m', 'parse 1 MiB, parts handed on', 8, { size: MIB }),
      parse('parse-1m-message', 'parse 1 MiB, assembled by a connection', 5, {
        size: MIB,
        deliver: 'message',
        why: 'new memory costs more than the work: the row that only copies was 3.3 to 15 in runs of one day',
      }),
      parse('text-32', 'parse text 32 B, a string each', 5, {
        size: 32,
        content: 'ascii',
        deliver: 'string',
      }),
      parse('text-1k', 'parse text 1 KiB, ASCII', 7, { size: KIB, content: 'ascii' }),
      parse('text-1k-mixed', 'parse text 1 KiB, mixed UTF-8', 5, { size: KIB, content: 'mixed' }),
      parse('parse-1k-client', 'parse unmasked 1 KiB (client)', 3, { size: KIB, masked: false }),
      parse('text-1k-client', 'parse unmasked text 1 KiB (client)', 6, {
        size: KIB,
        masked: false,
        content: 'ascii',
      }),
      send('send-32', 'send masked 32 B, batched', 3, {
        size: 32,
        why: '33 or 40 to 50 ns, as V8 happens to compile the loop in a process',
      }),
      send('send-1k', 'send masked 1 KiB', 9, { size: KIB }),
      send('send-16k', 'send masked 16 KiB', 11, {
        size: 16 * KIB,
        why: 'new memory: the row that only copies was 13 to 34 in runs of one day',
      }),
      send('send-1m', 'send masked 1 MiB', 11, { size: MIB }),
      send('send-32-server', 'send 32 B from a server, batched', null, { size: 32, masked: false }),
      send('send-16k-server', 'send 16 KiB from a server, by reference', 1, {
        size: 16 * KIB,
        masked: false,
      }),
    ],
  }),

  group({
    ...ENGINE,
    id: 'size',
    title: 'Engine, over the size of messages',
    isSlow: true,
    table: 'throughput',
    contenders: ['ws', 'ws+native', 'copy', 'ours'],
    rows: [32, 128, 512, 2 * KIB, 8 * KIB, 32 * KIB, 128 * KIB, 512 * KIB, 2 * MIB, 16 * MIB].map((size) =>
      parse(`size-${size}`, `parse ${named(size)}`, null, { size }),
    ),
  }),

  group({
    ...ENGINE,
    id: 'fragments',
    title: 'Engine, over the number of fragments',
    isSlow: true,
    table: 'throughput',
    contenders: ['ws', 'ours'],
    rows: [1, 10, 100, 1000, 10_000].map((fragments) =>
      parse(
        `fragments-${fragments}`,
        `1 MiB in ${many(fragments, 'fragment')}`,
        fragments === 100 ? 4 : null,
        {
          why: 'page faults: V8 frees 32 messages at once, glibc gives their memory back to the system, and new memory costs 256 faults a message: see Fragments in "What was tried"',
          size: MIB,
          fragments,
          deliver: 'message',
        },
      ),
    ),
  }),

  group({
    ...PAIR,
    id: 'client',
    title: 'Clients',
    about:
      'Processor time of the client process for a message, with an echo server of µWebSockets.js in another process.',
    contenders: ['ws', 'ws+native', 'undici', 'drop-in', 'ours, web', 'ours'],
    row: { measured: 'client', server: 'uwebsockets' },
    rows: [
      echo('client', 1, 1, 32, {
        goals: [atLeast(1), atLeast(1, 'ours, web')],
        why: 'the kernel and Node take nearly all of it, and runs differ by a tenth',
      }),
      echo('client', 1, 64, 32, { goals: [atLeast(7), atLeast(4, 'ours, web')] }),
      echo('client', 16, 4, KIB, { goals: [atLeast(4), atLeast(3, 'ours, web')], why: WEB_BUFFER }),
      echo('client', 1, 8, 16 * KIB, { goals: [atLeast(4), atLeast(3, 'ours, web')], why: WEB_BUFFER }),
    ],
  }),

  group({
    ...PAIR,
    // 250 ms are only some hundred messages of 64 KiB, and V8 compiles until it has seen thousands.
    warm: [3000, 2000, 5],
    id: 'deflate',
    title: 'Compression',
    about:
      'Processor time of the server for a message of JSON, the load by clients of ws. **12 bits** is the option `perMessageDeflate: { serverMaxWindowBits: 12 }`. **zlib alone** inflates and deflates the same messages with the same parameters, without socket and WebSocket. **zlib + net** does so on a bare socket.',
    contenders: ['ws', 'uwebsockets', 'zlib alone', 'zlib + net', 'drop-in', 'ours', 'ours, 12 bits'],
    row: { measured: 'server', client: 'ws', content: 'json', deflate: true },
    rows: [
      [
        32,
        4,
        128,
        'a socket takes as long as zlib: in zlib + net, the kernel has 40 % of the time and zlib 44 % (--profile)',
      ],
      [
        32,
        4,
        KIB,
        'zlib alone has the caches for itself: 32 connections have 8 MiB of memory of zlib. See 12 bits',
      ],
      [
        8,
        2,
        64 * KIB,
        'a trip to the thread pool, which long messages make so that other connections need not wait, costs 60 to 80 µs: see Compression in "What was tried"',
      ],
    ].map(([connections, depth, size, why]) =>
      echo('deflate', connections, depth, size, {
        goals: [atLeast(1), atMost(1.15, 'ours', 'zlib alone'), atMost(1.15, 'ours', 'zlib + net')],
        why,
      }),
    ),
  }),

  group({
    ...PAIR,
    id: 'tls',
    title: 'TLS',
    about:
      'Processor time of the server for a message, the load by clients of ws. The **floors** are bare TLS sockets that count bytes and write ready frames: once for a turn of the event loop, as ours does, once for a chunk, or once for a message.',
    contenders: [
      'ws',
      'uwebsockets',
      'floor: a write a message',
      'floor: a write a chunk',
      'floor: a write a turn',
      'drop-in',
      'ours',
    ],
    row: { measured: 'server', client: 'ws', content: 'bytes', tls: true },
    rows: [
      echo('tls', 32, 4, 128, { goals: [atLeast(1.3)], why: TLS_FLOOR }),
      echo('tls', 32, 4, KIB, { goals: [atLeast(1.5)], why: TLS_FLOOR }),
      echo('tls', 8, 2, 64 * KIB, {
        goals: [atLeast(2)],
        why: 'the floors write ready frames. With a copy of each message and a header beside the payload they are at 2.0; unmasking takes the rest: see TLS in "What was tried"',
      }),
    ],
  }),

  group({
    ...BROADCAST,
    id: 'broadcast',
    title: 'One message to many',
    about:
      'Processor time of the server for a delivery, to readers in C (`bench/load.c`) that poll. "send" is a loop of ordinary sends, "prepared" a loop of sends of one prepared message.',
    subject: 'ours, publish',
    contenders: [
      'ws',
      'drop-in',
      'ours, send',
      'ours, prepared',
      'ours, broadcast',
      'ours, publish',
      'uwebsockets',
      'net',
    ],
    rows: [
      [1000, 128, 1.8],
      [1000, 4 * KIB, 1.9],
      [100, 32 * KIB, 1.1],
      [1000, KIB, 20, true],
    ].map(([connections, size, goal, compressed = false]) => ({
      id: `broadcast-${connections}x${size}${compressed ? '-compressed' : ''}`,
      title: `${connections.toLocaleString('en')} x ${named(size)}${compressed ? ' of JSON, compressed' : ''}`,
      connections,
      size,
      compressed,
      goals: [atLeast(goal, 'ours, publish')],
      why: compressed
        ? 'the message is compressed once, and the write of node:net is nearly all of what is left'
        : 'net writes ready bytes and hardly gets further: what is left is the write of node:net and the kernel',
    })),
  }),

  group({
    start: firstImport,
    id: 'import',
    title: 'First import',
    about: 'A process for each import. `ws` is without its native helpers. Files are those of the package.',
    rounds: [30, 12, 1],
    milliseconds: [0, 0, 0],
    warm: [0, 0, 0],
    table: 'figures',
    subject: '.',
    figure: 'time',
    figures: { files: '', time: 'ms', processor: 'ms', memory: 'MB' },
    contenders: ['ws', '.', './ws', './component', './portable'],
    rows: [
      {
        id: 'import',
        title: 'first import',
        goals: [atMost(1.3, '.', 'ws'), atMost(1.3, './ws', 'ws'), atMost(1.1, './portable', 'ws')],
        why: 'compiling 330 KB of code takes it, where ws has 70 KB besides comments',
      },
    ],
  }),

  group({
    ...LOADED,
    id: 'echo',
    title: 'Echo over loopback',
    about:
      "Messages a second, and in brackets the server's processor time for a message, both against ws. The load is a program in C (`bench/load.c`) that polls: a server that wakes a sleeping program would pay for that, and the fastest servers most.",
    figure: 'rate',
    contenders: [
      'ws',
      'ws+native',
      'websocket-driver',
      'uwebsockets',
      'net',
      'ours-session',
      'drop-in',
      'ours',
    ],
    rows: [
      wireEcho(1, 1, 32, [atLeast(1)]),
      wireEcho(64, 1, 32, [atLeast(1.2)], {
        why: "two thirds of every server's processor time are the write of the socket; see net",
      }),
      wireEcho(1, 64, 32, [atLeast(14)], {
        why: 'the load limits the rate, since it shares the processors; see net, and the processor time in brackets',
      }),
      wireEcho(64, 16, 125, [atLeast(7.5)]),
      wireEcho(16, 4, KIB, [atLeast(2.8)]),
      wireEcho(1, 8, 16 * KIB, [atLeast(5), atLeast(0.9, 'ours', 'net')], {
        why: 'net is the floor: the kernel takes the rest',
      }),
      wireEcho(1, 2, MIB, [atLeast(6), atLeast(0.9, 'ours', 'net')], {
        others: ['ours-stream'],
        why: 'net is the floor: the kernel takes the rest',
      }),
    ],
  }),

  group({
    ...LOADED,
    id: 'handshake',
    title: 'Opening handshakes',
    about:
      'Handshakes a second, and in brackets processor time. **http** is a bare `upgrade` of node:http that only writes a constant answer; **http+3µs** and **http+6µs** do so after a busy loop of that length.',
    figure: 'rate',
    warm: [2000, 1500, 5],
    contenders: ['ws', 'websocket-driver', 'uwebsockets', 'http', 'http+3µs', 'http+6µs', 'drop-in', 'ours'],
    rows: [
      {
        id: 'handshake',
        title: 'handshakes, 32 at a time',
        load: 'handshake',
        connections: 32,
        goals: [atLeast(1.2)],
        why: 'bare http leaves 2 to 3 µs for all work of a handshake: see the text above',
      },
    ],
  }),

  group({
    ...LOADED,
    start: startIdle,
    id: 'idle',
    title: 'Idle connections',
    about: 'Bytes for an open, silent connection.',
    rounds: [1, 1, 1],
    milliseconds: [0, 0, 0],
    table: 'figures',
    figure: 'resident',
    figures: { resident: 'B', heap: 'B' },
    contenders: ['ws', 'websocket-driver', 'uwebsockets', 'http', 'net', 'drop-in', 'ours'],
    rows: [
      {
        id: 'idle',
        title: 'bytes of an idle connection',
        connections: 10_000,
        goals: [
          { of: 'ours', limit: 4800 },
          { of: 'ours', figure: 'heap', limit: 1550 },
        ],
        why: 'it was 4,414 to 5,082 bytes in runs of one week; the heap has 1,517 of them',
      },
    ],
  }),

  group({
    ...PAIR,
    id: 'http2',
    title: 'HTTP/2',
    about:
      'All WebSockets of a row share one HTTP/2 session. Processor time of server and client together for a message. **http2 stream** is a bare stream of node:http2 that sends the same bytes back; **ours** is over HTTP/1.1, with a socket for each WebSocket.',
    base: 'http2 stream',
    subject: 'ours, http2',
    contenders: ['http2 stream', 'ours', 'ours, http2'],
    row: { measured: 'both', content: 'bytes' },
    rows: [
      ...[
        [1, 1, 32],
        [1, 64, 32],
        [16, 4, KIB],
        [1, 1, 125],
        [50, 1, 125],
      ].map(([connections, depth, size]) =>
        echo('http2', connections, depth, size, {
          goals: [atLeast(0.8, 'ours, http2', 'http2 stream')],
          why: HTTP2_CACHE,
        }),
      ),
      echo('http2', 500, 1, 125, {
        goals: [
          atLeast(0.8, 'ours, http2', 'http2 stream'),
          { of: 'ours, http2', than: 'http2-50x1-125', atMost: 1 },
        ],
        why: HTTP2_CACHE,
      }),
    ],
  }),

  group({
    ...LOADED,
    start: startLatency,
    id: 'latency',
    title: 'Latency',
    about:
      'Milliseconds from when a message was due until its reply, of 64 connections with messages of 125 B at a steady rate that does not wait for replies. A server is saturated with 16 messages under way on each connection. The load sleeps between messages.',
    rounds: [3, 2, 1],
    milliseconds: [1000, 500, 20],
    table: 'figures',
    figure: 'p99',
    figures: { saturation: '/s', rate: '/s', perSecond: '/s', p50: 'ms', p99: 'ms', p999: 'ms' },
    contenders: ['ws', 'uwebsockets', 'net', 'drop-in', 'ours'],
    rows: [
      { id: 'latency-half', title: 'at half of the rate that saturates it', share: 0.5 },
      { id: 'latency-50000', title: 'at 50,000 messages a second', rate: 50_000 },
    ].map((row) => ({ ...row, connections: 64, size: 125 })),
  }),

  group({
    ...LOADED,
    id: 'connections',
    title: 'Scaling over connections',
    about: 'Traffic on all of them: one message of 125 B under way on each.',
    isProfiled: true,
    figure: 'rate',
    isSlow: true,
    rounds: [3, 3, 1],
    milliseconds: [700, 500, 50],
    contenders: ['ws', 'drop-in', 'ours'],
    rows: [1, 10, 100, 1000, 10_000].map((connections) =>
      echo('connections', connections, 1, 125, { load: 'echo' }),
    ),
  }),

  group({
    ...LOADED,
    start: startDelay,
    id: 'delay',
    title: 'Delay of the event loop',
    about: 'Under a load of 64 connections, 4 messages of 1 KiB under way on each.',
    isSlow: true,
    rounds: [1, 1, 1],
    milliseconds: [2000, 1000, 10],
    table: 'figures',
    figure: 'p99',
    figures: { p50: 'ms', p99: 'ms', most: 'ms' },
    contenders: ['ws', 'uwebsockets', 'ours'],
    rows: [
      { id: 'delay', title: 'delay of the event loop', load: 'echo', connections: 64, depth: 4, size: KIB },
    ],
  }),

  group({
    ...BROADCAST,
    id: 'topics',
    title: 'Scaling over topics',
    about:
      'A message to each topic in turn; 1,000 connections, each subscribed to one topic. Processor time of the server for a delivery. `ws` has no topics: it sends to each connection once.',
    isSlow: true,
    isProfiled: true,
    subject: 'ours, publish',
    contenders: ['ws', 'uwebsockets', 'ours, publish'],
    row: { connections: 1000, size: 128, compressed: false },
    rows: [1, 10, 100, 1000].map((topics) => ({
      id: `topics-${topics}`,
      title: `${many(topics, 'topic')}, ${many(1000 / topics, 'subscriber')} each`,
      topics,
    })),
  }),

  group({
    ...LOADED,
    id: 'processes',
    title: 'Scaling over processes',
    about:
      'One process, and two workers of node:cluster, on the processors that the load uses too. Processor time is that of all processes. The load sleeps while nothing has come.',
    isSlow: true,
    isProfiled: true,
    figure: 'rate',
    base: 'ours',
    subject: 'ours, 2 processes',
    contenders: ['ours', 'ours, 2 processes'],
    rows: [
      [64, 1, 125],
      [64, 16, 125],
      [64, 4, 16 * KIB],
    ].map(([connections, depth, size]) =>
      echo('processes', connections, depth, size, { load: 'echo', sleeps: true }),
    ),
  }),
];
