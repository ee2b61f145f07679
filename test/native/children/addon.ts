/**
 * Calls the addon itself, without the checks above it, with random arguments: handles in every state, memory of every kind,
 * and values of wrong types.
 */
import path from 'node:path';

import fc from 'fast-check';

import { loadAddon } from '../../../lib/component/native/addon.js';
import type { Addon } from '../../../lib/component/native/addon.js';
import { NativeHandle } from '../../../lib/component/native/handle.js';

const loaded = loadAddon();
if (typeof loaded === 'string') throw new Error(`${path.basename(__filename)}: ${loaded}`);
const addon: Addon = loaded;

const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(length);

function detached(): Uint8Array {
  const array = bytes(100);
  structuredClone(array.buffer, { transfer: [array.buffer as ArrayBuffer] });
  return array;
}

/** Memory whose size changes; TypeScript's libraries of this target do not have it. */
interface Resizable extends ArrayBuffer {
  resize(length: number): void;
}

/** A view of memory that has shrunk or grown after the view was made. */
function resized(
  make: (buffer: ArrayBuffer) => Uint8Array | Uint32Array,
  before: number,
  after: number,
): Uint8Array | Uint32Array {
  const options = { maxByteLength: 1 << 18 };
  const buffer = Reflect.construct(ArrayBuffer, [before, options]) as Resizable;
  const view = make(buffer);
  buffer.resize(after);
  return view;
}

const growable = (): SharedArrayBuffer =>
  Reflect.construct(SharedArrayBuffer, [65536, { maxByteLength: 1 << 18 }]) as SharedArrayBuffer;

let owners: object[] = [];
let handles: number[] = [];

function created(role: 'client' | 'server'): NativeHandle {
  const handle = NativeHandle.create(addon, role, {});
  if (typeof handle === 'number') throw new Error(`no handle is made: ${handle.toString(16)}`);
  owners.push(handle);
  handles.push(handle.id);
  return handle;
}

/** Makes new handles: some as they were created, some in a session. */
function renew(): void {
  owners = [];
  handles = [];
  created('client');
  created('server');
  for (let pair = 0; pair < 2; pair++) {
    const client = created('client');
    const server = created('server');
    const nothing = { subprotocols: [], extensions: [], initialHeaders: [] };
    const request = [{ name: 'Host', value: 'x' }];
    client.beginClientHandshake(nothing, request);
    const response: typeof request = [];
    const selected = { selectedSubprotocol: undefined, selectedExtensions: [] };
    server.beginServerHandshake({ requestHeaders: request, ...selected }, response);
    const isOpen = client.endClientHandshake(response, { ...selected }) + server.endServerHandshake();
    if (isOpen !== 0) throw new Error('a session is opened');
  }
}

const type = fc.constantFrom(
  ...[0x80000000, 0x80000001, 0x80000002, 0x80000003, 0x80000004, 0x80000005, 0x80000006, 0x80000007, 3, 0],
);
const number = fc.oneof(
  type,
  fc.integer({ min: 0, max: 20 }),
  fc.constantFrom(-1, -0, 0.5, NaN, Infinity, -Infinity, 1000, 1005, 65535, 65536),
  fc.constantFrom(2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 1e300),
);
const octets = fc.constantFrom<() => unknown>(
  () => bytes(0),
  () => bytes(1),
  () => Buffer.from('818000000000818100000000618900', 'hex'),
  () => Buffer.from('8980000000008880000000000000', 'hex'),
  () => bytes(200),
  () => bytes(4096),
  () => bytes(65536),
  () => new Uint8Array(new ArrayBuffer(5000), 1, 4000),
  () => new Uint8Array(new SharedArrayBuffer(4096)),
  () => new Uint8Array(growable(), 3),
  () => Buffer.alloc(4096),
  () => resized((buffer) => new Uint8Array(buffer), 4096, 0),
  () => resized((buffer) => new Uint8Array(buffer), 10, 70_000),
  () => resized((buffer) => new Uint8Array(buffer, 8, 4000), 4096, 4007),
  () => resized((buffer) => new Uint8Array(buffer, 100), 4096, 99),
  () => resized((buffer) => new Uint8Array(buffer, 100), 4096, 100),
  detached,
);
const words = fc.constantFrom<() => unknown>(
  () => new Uint32Array(16384),
  () => new Uint32Array(16384).fill(1),
  () => new Uint32Array(16384).fill(0xffffffff),
  () => new Uint32Array(600),
  () => new Uint32Array(80),
  () => new Uint32Array(new SharedArrayBuffer(65536)),
  () => new Uint32Array(growable()),
  () => resized((buffer) => new Uint32Array(buffer), 65536, 256),
  () => resized((buffer) => new Uint32Array(buffer, 0, 16384), 65536, 65532),
  () => resized((buffer) => new Uint32Array(buffer, 64), 65536, 131_072),
);
const hostile = fc.constantFrom<() => unknown>(
  () => undefined,
  () => null,
  () => 'text',
  () => Symbol('symbol'),
  () => 12n,
  () => new BigInt64Array(600),
  () => new BigUint64Array(100),
  () => new Float64Array(600),
  () => new Uint8ClampedArray(4096),
  () => new Int32Array(16384),
  () => new DataView(new ArrayBuffer(4096)),
  () => new ArrayBuffer(4096),
  () => new SharedArrayBuffer(4096),
  () => ({}),
  () => () => 1,
  () => Object.freeze({}),
  () => new Proxy(bytes(100), {}),
  () => new Proxy({}, {}),
  () => Object.create(Uint8Array.prototype) as unknown,
  () => Object.setPrototypeOf(bytes(100), null) as unknown,
  () => [1],
  () => ({ length: 3 }),
  () => new Number(1),
  () => true,
);
const text = fc.constantFrom<() => unknown>(
  () => '',
  () => 'Host\0x\0',
  () => 'a\0b\0c\0d\0',
  () => '\0'.repeat(70_000),
  () => 'ü€😀\0'.repeat(3),
  () => 'x'.repeat(100_000),
);
const numbers = number.map((value) => () => value);
const handle = fc.nat().map((index) => () => handles[index % handles.length]);
const optional = fc.oneof(
  { weight: 3, arbitrary: octets },
  { weight: 1, arbitrary: fc.constant(() => null) },
);
const status = fc.oneof(
  fc.constant(() => -1),
  fc.constantFrom(1000, 1005, 4999, 65535).map((value) => () => value),
);
const types = type.map((value) => () => value);
const sizes = fc.constantFrom(-1, 0, 1, 100, 4096).map((value) => () => value);
const small = fc.integer({ min: 0, max: 20 }).map((value) => () => value);
const flag = fc.boolean().map((value) => () => value);
const owner = fc.constant(() => ({}));

/** What each argument of a function usually is. */
const ARGUMENTS: Readonly<
  Record<Exclude<keyof Addon, 'identity' | 'reason' | 'fileVersion'>, readonly fc.Arbitrary<() => unknown>[]>
> = {
  create: [owner, flag, words],
  beginClientHandshake: [handle, text, words],
  endClientHandshake: [handle, text, words],
  beginServerHandshake: [handle, text, words],
  endServerHandshake: [handle],
  send: [handle, types, optional, status, small],
  receive: [handle, sizes, small],
  getAction: [handle, small, small, words],
  actionBytes: [handle, small, small, octets],
  completeAction: [handle, small, numbers, optional],
  abort: [handle],
  delete: [handle],
  getGlobalProperty: [small, words],
  bulkReceive: [handle, octets, words, octets],
  bulkSend: [handle, types, optional, status, words, octets],
  takeSpill: [handle, octets],
};

const names = Object.keys(ARGUMENTS) as (keyof typeof ARGUMENTS)[];
const anything = fc.oneof(numbers, octets, words, hostile, handle);
const call = fc
  .constantFrom(...names, ...names.filter((name) => name !== 'delete' && name !== 'abort'))
  .chain((name) =>
    fc.tuple(
      fc.constant(name),
      fc.tuple(
        ...ARGUMENTS[name].map((usual) =>
          fc.oneof({ weight: 9, arbitrary: usual }, { weight: 1, arbitrary: anything }),
        ),
      ),
      // As a constructor, with another receiver, with too few arguments, or with too many.
      fc.integer({ min: 0, max: 40 }),
    ),
  );

let calls = 0;
let successes = 0;
fc.assert(
  fc.property(call, ([name, make, how]) => {
    if (calls++ % 60 === 0) renew();
    const called = addon[name] as (...args: unknown[]) => unknown;
    const args = make.map((value) => value());
    if (how === 0) args.pop();
    else if (how === 1) args.push(1, 2, 3);
    const result: unknown =
      how === 2 ? Reflect.construct(called, args) : Reflect.apply(called, how === 3 ? null : addon, args);
    if (result === 0) successes++;
    if (name === 'create' && result === 0) owners.push(args[0] as object);
    if (how !== 2 && !['number', 'string'].includes(typeof result))
      throw new Error(`${name} returned ${typeof result}`);
  }),
  { numRuns: Number(process.argv[2] ?? 20_000) },
);
if (successes < calls / 8) throw new Error(`only ${successes} of ${calls} calls succeed`);
process.stdout.write(`${calls} calls of ${names.length} functions\n`);
