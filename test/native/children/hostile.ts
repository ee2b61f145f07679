/**
 * Calls each function of the addon, and the layers on it, with hostile JavaScript everywhere: setters and getters on
 * the prototypes, getters and proxies in the arguments. Each of them would delete all handles.
 */
import path from 'node:path';

import type { Addon } from '../../../lib/component/native/addon.js';
import { loadAddon } from '../../../lib/component/native/addon.js';
import { bulkDriver } from '../../../lib/component/bulk.js';
import type { BulkDrivable } from '../../../lib/component/bulk.js';
import { ActionQueue, BufferType, loadNative } from '../../../lib/component/index.js';
import type { ClientHandle } from '../../../lib/component/index.js';
import { openPair } from '../../support/open-pair.js';

const loaded = loadAddon();
if (typeof loaded === 'string') throw new Error(`${path.basename(__filename)}: ${loaded}`);
const addon: Addon = loaded;
const component = loadNative();

const owners: object[] = [];
let handles: number[] = [];
let ambushes = 0;

/** A descriptor without a prototype, so that it inherits no hostile property. */
function plain(descriptor: PropertyDescriptor): PropertyDescriptor {
  return Object.setPrototypeOf(descriptor, null) as PropertyDescriptor;
}

function ambush(): void {
  ambushes++;
  for (const handle of handles) addon.delete(handle);
  handles = [];
}

function create(isServer: boolean): number {
  const owner = {};
  const words = new Uint32Array(16);
  if (addon.create(owner, isServer, words) !== 0) throw new Error('a handle is made');
  const handle = words[0]! + words[1]! * 0x100000000;
  owners.push(owner);
  handles.push(handle);
  return handle;
}

const KEYS = ['0', '1', '2', '3', '4', 'name', 'value', 'length', 'buffer', 'byteLength', 'then', 'type'];
const PROTOTYPES = [Object.prototype, Array.prototype, Uint8Array.prototype, Uint32Array.prototype];

/** Runs a function with setters and getters on the prototypes. */
function surrounded(what: () => unknown): void {
  const undo: (() => void)[] = [];
  for (const prototype of PROTOTYPES) {
    for (const key of KEYS) {
      const before = Object.getOwnPropertyDescriptor(prototype, key);
      if (before?.configurable === false || (key === 'length' && prototype === Array.prototype)) continue;
      undo.push(() => {
        if (before === undefined) Reflect.deleteProperty(prototype, key);
        else Object.defineProperty(prototype, key, plain(before));
      });
      const get = before?.get;
      const descriptor = plain({
        configurable: true,
        get(this: unknown): unknown {
          ambush();
          return get?.call(this);
        },
        set(this: object, value: unknown) {
          ambush();
          Object.defineProperty(
            this,
            key,
            plain({ value, writable: true, configurable: true, enumerable: true }),
          );
        },
      });
      Object.defineProperty(prototype, key, descriptor);
    }
  }
  try {
    what();
  } catch {
    // A refusal is as good as an answer: this test is about the memory.
  } finally {
    for (let index = undo.length - 1; index >= 0; index--) undo[index]!();
  }
}

const trap = (target: object): object =>
  new Proxy(target, {
    get(of, key, receiver) {
      ambush();
      return Reflect.get(of, key, receiver) as unknown;
    },
    getPrototypeOf(of) {
      ambush();
      return Reflect.getPrototypeOf(of);
    },
  });
const converted = {
  valueOf: () => (ambush(), 1),
  toString: () => (ambush(), 'a'),
  [Symbol.toPrimitive]: () => (ambush(), 1),
};
const words = (): Uint32Array => new Uint32Array(16384);
const request = 'Host\0x\0';

type Call = (handle: number) => unknown[];
const ARGUMENTS: Readonly<Record<Exclude<keyof Addon, 'identity' | 'reason' | 'fileVersion'>, Call>> = {
  create: () => [{}, true, words()],
  beginClientHandshake: (handle) => [handle, request, words().fill(4, 3).fill(0, 0, 2).fill(2, 2, 3)],
  endClientHandshake: (handle) => [handle, request, words()],
  beginServerHandshake: (handle) => [handle, request, words()],
  endServerHandshake: (handle) => [handle],
  send: (handle) => [handle, BufferType.BinaryMessage, new Uint8Array(300), -1, 1],
  receive: (handle) => [handle, 100, 1],
  getAction: (handle) => [handle, 3, 2, words()],
  actionBytes: (handle) => [handle, 1, 0, new Uint8Array(10)],
  completeAction: (handle) => [handle, 1, 0, new Uint8Array(10)],
  abort: (handle) => [handle],
  delete: (handle) => [handle],
  getGlobalProperty: () => [6, words()],
  bulkReceive: (handle) => [handle, new Uint8Array(100), words(), new Uint8Array(1000)],
  bulkSend: (handle) => [
    handle,
    BufferType.BinaryMessage,
    new Uint8Array(300),
    -1,
    words(),
    new Uint8Array(1000),
  ],
  takeSpill: (handle) => [handle, new Uint8Array(0)],
};

let calls = 0;
for (const [name, make] of Object.entries(ARGUMENTS)) {
  const call = addon[name as keyof typeof ARGUMENTS] as (...args: unknown[]) => unknown;
  for (const isServer of [false, true]) {
    const before = ambushes;
    const args = make(create(isServer));
    surrounded(() => call.apply(addon, args));
    calls++;
    if (ambushes !== before) throw new Error(`${name} has run JavaScript`);
    for (let index = 0; index < args.length; index++) {
      const given = make(create(isServer));
      for (const hostile of [trap([]), trap(new Uint8Array(8)), trap(words()), converted]) {
        given[index] = hostile;
        const seen = ambushes;
        // The owner of a handle may be anything: only its identity is used.
        surrounded(() => call.apply(addon, given));
        calls++;
        if (ambushes !== seen) throw new Error(`${name} has run JavaScript of argument ${index}`);
      }
    }
  }
}

// The same from above. JavaScript does run there, but only between the calls.
const uses: readonly ((client: ClientHandle, server: ReturnType<typeof openPair>['server']) => unknown)[] = [
  () =>
    component.createClientHandle({ receiveBufferSize: 512 }).beginClientHandshake({ subprotocols: ['a'] }),
  (client) => client.beginClientHandshake(),
  (client) => {
    client.send(BufferType.BinaryMessage, new Uint8Array(20_000));
    return client.getAction(ActionQueue.Send);
  },
  (client) => (client.receive(new Uint8Array(10)), client.getAction(ActionQueue.Receive)),
  (client) => (client as unknown as BulkDrivable)[bulkDriver]()!.send(BufferType.PingPong),
  (_client, server) =>
    (server as unknown as BulkDrivable)[bulkDriver]()!.receive(Buffer.from('89800000000081800000', 'hex'), {
      data: ambush,
      pong: ambush,
      close: ambush,
    }),
  () => component.getGlobalProperty(6),
];
for (const use of uses) {
  const { client, server } = openPair(component);
  surrounded(() => use(client, server));
  calls++;
}
process.stdout.write(`${calls} calls among ambushes\n`);
