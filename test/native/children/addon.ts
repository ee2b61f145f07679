/** Calls the addon itself, without the checks above it, with random arguments. */
import path from 'node:path';

import fc from 'fast-check';

import { loadAddon } from '../../../lib/component/native/addon.js';

const addon = loadAddon();
if (typeof addon === 'string') throw new Error(`${path.basename(__filename)}: ${addon}`);

const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(length);

function detached(): Uint8Array {
  const array = bytes(100);
  structuredClone(array.buffer, { transfer: [array.buffer as ArrayBuffer] });
  return array;
}

const owners: object[] = [];
const handles = Array.from({ length: 6 }, (_, index) => {
  owners.push({});
  const words = new Uint32Array(5);
  if (addon.create(owners[index]!, index % 2 === 1, words) !== 0) throw new Error('a handle is made');
  return words[0]! + words[1]! * 0x100000000;
});

const number = fc.oneof(
  fc.constantFrom(...handles),
  fc.integer({ min: 0, max: 20 }),
  fc.constantFrom(-1, 0.5, NaN, Infinity, -Infinity, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53, 1e300),
  fc.constantFrom(0x80000000, 0x80000001, 0x80000002, 0x80000004, 0x80000005, 1000),
);
const memory = fc.constantFrom(
  () => bytes(0),
  () => bytes(1),
  () => bytes(200),
  () => bytes(4096),
  () => bytes(65536),
  () => new Uint8Array(new ArrayBuffer(5000), 1, 4000),
  () => new Uint8Array(new SharedArrayBuffer(4096)),
  () => Buffer.alloc(4096),
  () => new Float64Array(600),
  () => new Uint32Array(16384),
  () => new Uint32Array(16384).fill(1),
  () => new Uint32Array(80),
  () => new Uint32Array(new SharedArrayBuffer(4096)),
  () => new DataView(new ArrayBuffer(4096)),
  () => new ArrayBuffer(4096),
  detached,
);
const hostile = fc.constantFrom<() => unknown>(
  () => undefined,
  () => null,
  () => 'text',
  () => Symbol('symbol'),
  () => 12n,
  () => ({}),
  () => [],
  () => ['a', 'b'],
  () => ['a'],
  () => [1],
  () => ({ length: 3 }),
  () => new Array<string>(2 ** 32 - 1),
  () => new Proxy(['Upgrade', 'websocket'], {}),
  () => {
    const list = ['a', 'b'];
    Object.defineProperty(list, 0, {
      get() {
        addon.delete(handles[0]!);
        return 'a';
      },
    });
    return list;
  },
  () => true,
);
const argument = fc.oneof(
  { weight: 5, arbitrary: number.map((value) => () => value) },
  { weight: 4, arbitrary: memory },
  { weight: 2, arbitrary: hostile },
);

const functions = Object.entries(addon).filter(([, value]) => typeof value === 'function') as [
  string,
  (...args: unknown[]) => unknown,
][];

let calls = 0;
fc.assert(
  fc.property(
    fc.constantFrom(...functions),
    fc.array(argument, { maxLength: 9, size: 'max' }),
    ([name, call], make) => {
      calls++;
      const args = make.map((value) => value());
      if (name !== 'create' && calls % 3 !== 0) args[0] = handles[calls % handles.length];
      const result = call(...args);
      if (name === 'create' && result === 0) owners.push(args[0] as object);
      if (!['number', 'string'].includes(typeof result)) throw new Error(`${name} returned ${typeof result}`);
    },
  ),
  { numRuns: Number(process.argv[2] ?? 20_000) },
);
process.stdout.write(`${calls} calls of ${functions.length} functions\n`);
