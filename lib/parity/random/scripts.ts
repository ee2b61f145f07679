/**
 * Random scripts: the statements of a scenario with one handle or two, legal and illegal. Each kind leads to other
 * states: frames that arrive in pieces, sends in slices while pings arrive, two handles that talk to each other,
 * handshakes, and any calls in any order.
 */
import { fc } from '../../vendor/fast-check.js';
import { binaryContent, textContent } from './content.js';
import { STATUSES, borders, closes, frames, messages, pings } from './frames.js';
import { handshakes, openings } from './handshakes.js';
import type { Role } from './handshakes.js';

/** Statements. Each includes the indented lines below it. */
export type Script = readonly string[];

const roles = fc.constantFrom<Role>('server', 'client');

const context = fc.oneof(
  { weight: 20, arbitrary: fc.constant('') },
  { weight: 10, arbitrary: fc.nat(3).map((number) => ` as c${number}`) },
);

/** Buffer sizes: at their lower limits, below them, and larger. */
const properties: fc.Arbitrary<string> = fc
  .record({
    receive: fc.oneof(
      { weight: 30, arbitrary: fc.constant('') },
      {
        weight: 30,
        arbitrary: fc.constantFrom(256, 257, 300, 512, 1024).map((size) => ` receiveBufferSize=${size}`),
      },
      { weight: 1, arbitrary: fc.constantFrom(0, 255).map((size) => ` receiveBufferSize=${size}`) },
    ),
    send: fc.oneof(
      { weight: 30, arbitrary: fc.constant('') },
      {
        weight: 40,
        arbitrary: fc
          .oneof(fc.constantFrom(16, 17, 18, 19, 31, 64, 100, 256), fc.integer({ min: 16, max: 300 }))
          .map((size) => ` sendBufferSize=${size}`),
      },
      { weight: 1, arbitrary: fc.constantFrom(0, 15).map((size) => ` sendBufferSize=${size}`) },
    ),
    allocated: fc.oneof(
      { weight: 400, arbitrary: fc.constant('') },
      {
        weight: 10,
        arbitrary: fc.constantFrom(8335, 8336, 16_384).map((size) => ` allocatedBufferSize=${size}`),
      },
    ),
    flags: fc.oneof(
      { weight: 100, arbitrary: fc.constant('') },
      { weight: 10, arbitrary: fc.constantFrom(' disableMasking=true', ' disableUtf8Verification=true') },
    ),
  })
  .map(({ receive, send, allocated, flags }) => `${receive}${send}${allocated}${flags}`);

/** Bytes per read. Small reads cut headers and characters; larger reads cut long payloads. */
const pieces = fc.oneof(
  { weight: 20, arbitrary: fc.constant('') },
  { weight: 30, arbitrary: fc.integer({ min: 1, max: 16 }).map((size) => ` pieces=${size}`) },
  { weight: 40, arbitrary: fc.integer({ min: 17, max: 300 }).map((size) => ` pieces=${size}`) },
  { weight: 10, arbitrary: fc.integer({ min: 301, max: 5000 }).map((size) => ` pieces=${size}`) },
);

const capacity = fc.oneof(
  { weight: 30, arbitrary: fc.constant('') },
  { weight: 20, arbitrary: fc.constantFrom(1, 2, 3, 16).map((count) => ` capacity=${count}`) },
);

const queue = fc.constantFrom('', ' All', ' Receive', ' Send');

const dataSends: fc.Arbitrary<string> = fc
  .tuple(
    fc.oneof(
      { weight: 60, arbitrary: fc.constantFrom('Utf8Message', 'BinaryMessage') },
      { weight: 20, arbitrary: fc.constantFrom('Utf8Fragment', 'BinaryFragment') },
    ),
    fc.oneof({ weight: 30, arbitrary: binaryContent }, { weight: 20, arbitrary: textContent }),
    context,
  )
  .map(([type, content, name]) => `send ${type} ${content}${name}`);

const pingSends = fc
  .tuple(fc.constantFrom('PingPong', 'UnsolicitedPong'), context)
  .map(([type, name]) => `send ${type}${name}`);

const closeSends = fc
  .record({
    status: fc.oneof(
      { weight: 10, arbitrary: fc.constant('') },
      { weight: 40, arbitrary: fc.constantFrom(...STATUSES).map(String) },
    ),
    reason: fc.constantFrom('', ' "bye"', ' 123 * text3', ' 124 * text3', ' 122 * noise1', ' ""'),
    context,
  })
  .map(({ status, reason, context: name }) =>
    status === '' ? `send Close${name}` : `send Close ${status}${reason}${name}`,
  );

const oddSends = fc.constantFrom(
  'send PingPong "a"',
  'send UnsolicitedPong "a"',
  'send 0x0 "a"',
  'send 0x102 "a"',
  'send 0x104 "a"',
  'send 0x106 "a"',
  'send 0x107 "a"',
  'send 0x1a4 "abc"',
  'send 0x80000007 "a"',
  'send 0x1ff "a"',
  'send 0x7fffffff "a"',
  'send Utf8Message',
  'send BinaryFragment',
);

const receives = fc
  .tuple(
    fc.oneof(
      { weight: 30, arbitrary: fc.constant('') },
      {
        weight: 10,
        arbitrary: fc
          .oneof(fc.constantFrom(0, 1, 4, 100, 300, 5000), fc.nat(300))
          .map((size) => ` into ${size}`),
      },
    ),
    context,
  )
  .map(([into, name]) => `receive${into}${name}`);

const runs = fc
  .record({
    queue,
    capacity,
    completing: fc.oneof(
      { weight: 250, arbitrary: fc.constant('') },
      { weight: 10, arbitrary: fc.nat(3).map((bytes) => ` completing=${bytes}`) },
    ),
    pieces,
  })
  .map((of) => `run${of.queue}${of.capacity}${of.completing}${of.pieces}`);

/**
 * Runs that write every frame whole. Otherwise the peer would read the rest of a frame as part of the next frame,
 * whose mask is random.
 */
const wholeRuns = fc
  .record({ queue, capacity, pieces })
  .map((of) => `run${of.queue}${of.capacity}${of.pieces}`);

/** Runs that read all bytes that have arrived. */
const readings = fc
  .tuple(fc.constantFrom('', ' Receive'), capacity, pieces)
  .map(([which, room, size]) => `run${which}${room}${size} receiving`);

const ACTIONS = ['x', 'y', 'z'];
const steps = fc.oneof(
  {
    weight: 30,
    arbitrary: fc
      .tuple(fc.constantFrom(...ACTIONS), fc.constantFrom('Send', 'Receive', 'All', 'All'), capacity)
      .map(([name, which, room]) => `${name} = getAction ${which}${room}`),
  },
  {
    weight: 30,
    arbitrary: fc
      .tuple(
        fc.constantFrom(...ACTIONS),
        fc.oneof(
          { weight: 60, arbitrary: fc.constant('') },
          {
            weight: 20,
            arbitrary: fc.oneof(fc.nat(20), fc.constantFrom(0, 100_000)).map((bytes) => ` ${bytes}`),
          },
        ),
      )
      .map(([name, bytes]) => `completeAction ${name}${bytes}`),
  },
);

const ends = fc.constantFrom(
  'abort',
  'delete',
  'completeAction null',
  'getAction 0',
  'getAction 4',
  'getAction All capacity=0',
);

/** Groups of statements. In a script with two handles, the name of a handle is put before each statement. */
type Group = fc.Arbitrary<string[]>;
const single = (line: fc.Arbitrary<string>): Group => line.map((each) => [each]);

/** Several frames, followed by reads that take them in pieces. */
const inPieces: Group = fc
  .tuple(
    fc.array(fc.oneof({ weight: 80, arbitrary: messages }, { weight: 20, arbitrary: single(pings) }), {
      minLength: 1,
      maxLength: 4,
      size: 'max',
    }),
    readings,
  )
  .map(([all, reading]) => [...all.flat(), reading]);

/** Frames at the border of a rule, followed by reads that take them in pieces. */
const atBorders: Group = fc.tuple(borders, readings).map(([lines, reading]) => [...lines, reading]);

/** A send of which one part is taken, pings meanwhile, and the rest. */
const inSlices: Group = fc
  .record({
    send: dataSends,
    capacity,
    pings: fc.array(pings, { maxLength: 2, size: 'max' }),
    between: fc.array(fc.oneof(readings, receives, runs, steps), { maxLength: 3, size: 'max' }),
    completed: fc.constantFrom(
      'completeAction x',
      'completeAction x',
      'completeAction x',
      'completeAction x 3',
    ),
  })
  .map((of) => [of.send, `x = getAction Send${of.capacity}`, ...of.pings, ...of.between, of.completed]);

interface Weighted {
  readonly weight: number;
  readonly arbitrary: Group;
}

const STREAM: readonly Weighted[] = [
  { weight: 120, arbitrary: inPieces },
  { weight: 20, arbitrary: single(dataSends) },
  { weight: 20, arbitrary: single(receives) },
  { weight: 10, arbitrary: single(runs) },
  { weight: 10, arbitrary: single(pingSends) },
  { weight: 5, arbitrary: single(closes) },
  { weight: 12, arbitrary: atBorders },
  { weight: 3, arbitrary: single(closeSends) },
];
/** Sends of lengths at which the form of the header changes. */
const borderSends = fc
  .tuple(
    fc.constantFrom('BinaryMessage', 'Utf8Fragment'),
    fc.constantFrom(0, 1, 125, 126, 127, 65_535, 65_536),
    capacity,
  )
  .map(([type, length, room]) => [`send ${type} ${length} * noise1`, `run${room}`]);

const BORDERS: readonly Weighted[] = [
  { weight: 10, arbitrary: borderSends },
  { weight: 60, arbitrary: atBorders },
  { weight: 20, arbitrary: inPieces },
  { weight: 10, arbitrary: single(receives) },
  { weight: 10, arbitrary: single(closeSends) },
];
const SLICES: readonly Weighted[] = [
  { weight: 60, arbitrary: single(dataSends) },
  { weight: 40, arbitrary: inSlices },
  { weight: 40, arbitrary: single(runs) },
  { weight: 20, arbitrary: single(pingSends) },
  { weight: 20, arbitrary: single(pings) },
  { weight: 20, arbitrary: single(readings) },
  { weight: 20, arbitrary: single(steps) },
  { weight: 10, arbitrary: single(closeSends) },
];
const ANYTHING: readonly Weighted[] = [
  { weight: 40, arbitrary: single(dataSends) },
  { weight: 10, arbitrary: single(pingSends) },
  { weight: 10, arbitrary: single(closeSends) },
  { weight: 5, arbitrary: single(oddSends) },
  { weight: 50, arbitrary: single(frames) },
  { weight: 10, arbitrary: single(closes) },
  { weight: 40, arbitrary: single(receives) },
  { weight: 40, arbitrary: single(runs) },
  { weight: 10, arbitrary: single(readings) },
  { weight: 40, arbitrary: single(steps) },
  { weight: 5, arbitrary: single(ends) },
];

function groups(of: readonly Weighted[], most: number): Group {
  return fc.array(fc.oneof(...of), { minLength: 1, maxLength: most, size: 'max' }).map((all) => all.flat());
}

/** A handle with a session, and statements for it. */
function session(of: readonly Weighted[], most: number): fc.Arbitrary<Script> {
  return roles
    .chain((role) => fc.tuple(fc.constant(role), properties, openings(role), groups(of, most)))
    .map(([role, given, opening, all]) => [`create ${role}${given}`, ...opening, ...all, 'run']);
}

const handshaking: fc.Arbitrary<Script> = roles
  .chain((role) => fc.tuple(fc.constant(role), handshakes(role), groups(ANYTHING, 3)))
  .map(([role, calls, all]) => [`create ${role}`, ...calls, ...all, 'run']);

/** Statements for the two sides of a pair. They receive only each other's frames. */
const TALK: readonly Weighted[] = [
  { weight: 60, arbitrary: single(dataSends) },
  { weight: 20, arbitrary: single(pingSends) },
  { weight: 5, arbitrary: single(closeSends) },
  { weight: 40, arbitrary: single(readings) },
  { weight: 30, arbitrary: single(wholeRuns) },
  { weight: 10, arbitrary: single(receives) },
  { weight: 2, arbitrary: single(fc.constant('abort')) },
];
const pair: fc.Arbitrary<Script> = fc
  .record({
    client: properties,
    server: properties,
    turns: fc.array(fc.tuple(fc.constantFrom('client', 'server'), fc.oneof(...TALK)), {
      minLength: 2,
      maxLength: 16,
      size: 'max',
    }),
  })
  .map(({ client, server, turns }) => [
    `create client${client}`,
    `create server${server}`,
    'client: open',
    'server: open',
    'wire client server',
    ...turns.flatMap(([side, lines]) => lines.map((line) => `${side}: ${line}`)),
    'client: run',
    'server: run receiving',
    'client: run receiving',
  ]);

/** Scripts of every kind. */
export const scripts: fc.Arbitrary<Script> = fc.oneof(
  { weight: 50, arbitrary: session(STREAM, 6) },
  { weight: 50, arbitrary: session(BORDERS, 2) },
  { weight: 40, arbitrary: session(SLICES, 14) },
  { weight: 40, arbitrary: session(ANYTHING, 30) },
  { weight: 20, arbitrary: pair },
  { weight: 20, arbitrary: handshaking },
);
