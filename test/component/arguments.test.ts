import { strict as assert } from 'node:assert';
import vm from 'node:vm';

import { ActionQueue, BufferType } from '../../lib/component/index.js';
import type { ClientHandle, HandleProperties, ServerHandle } from '../../lib/component/index.js';
import { openSession } from '../../lib/session/index.js';
import { backends } from '../support/backends.js';
import { bytesOf, openPair } from '../support/open-pair.js';

/** Calls that a compiler would refuse. */
interface Loose {
  component: Record<
    'createClientHandle' | 'createServerHandle' | 'getGlobalProperty',
    (...args: unknown[]) => unknown
  >;
  client: Record<keyof ClientHandle & string, (...args: unknown[]) => unknown>;
  server: Record<keyof ServerHandle & string, (...args: unknown[]) => unknown>;
}

type Row = readonly [what: string, message: RegExp, act: (loose: Loose) => unknown];

function allocated(length: number): Uint8Array | null {
  try {
    return new Uint8Array(length);
  } catch {
    return null;
  }
}

const shared = new Uint8Array(new SharedArrayBuffer(4));

function resizable(): Uint8Array {
  const memory = new (ArrayBuffer as unknown as new (length: number, options: object) => ArrayBuffer)(4, {
    maxByteLength: 8,
  });
  return new Uint8Array(memory);
}

const header = (name: unknown, value: unknown) => ({ requestHeaders: [{ name, value }] });

const TYPE_ERRORS: readonly Row[] = [
  [
    'properties that are null',
    /properties must be an object, not null/,
    ({ component }) => component.createClientHandle(null),
  ],
  [
    'properties that are a number',
    /properties must be an object, not number/,
    ({ component }) => component.createServerHandle(4096),
  ],
  [
    'a size that is a string',
    /receiveBufferSize must be a number, not string/,
    ({ component }) => component.createClientHandle({ receiveBufferSize: '4096' }),
  ],
  [
    'a size that is null',
    /sendBufferSize must be a number, not null/,
    ({ component }) => component.createClientHandle({ sendBufferSize: null }),
  ],
  [
    'a size that is a bigint',
    /allocatedBufferSize must be a number, not bigint/,
    ({ component }) => component.createClientHandle({ allocatedBufferSize: 9000n }),
  ],
  [
    'a flag that is a number',
    /disableMasking must be a boolean, not number/,
    ({ component }) => component.createClientHandle({ disableMasking: 1 }),
  ],
  [
    'a flag that is a string',
    /disableUtf8Verification must be a boolean, not string/,
    ({ component }) => component.createServerHandle({ disableUtf8Verification: '' }),
  ],
  [
    'a property type that is a string',
    /type must be a number, not string/,
    ({ component }) => component.getGlobalProperty('5'),
  ],

  [
    'a request that is a string',
    /request must be an object, not string/,
    ({ client }) => client.beginClientHandshake('x'),
  ],
  [
    'subprotocols that are a string',
    /subprotocols must be an array, not string/,
    ({ client }) => client.beginClientHandshake({ subprotocols: 'chat' }),
  ],
  [
    'a subprotocol that is null',
    /subprotocols\[1\] must be a string, not null/,
    ({ client }) => client.beginClientHandshake({ subprotocols: ['chat', null] }),
  ],
  [
    'a hole among the extensions',
    /extensions\[0\] must be a string, not undefined/,
    ({ client }) => client.beginClientHandshake({ extensions: new Array(1) }),
  ],
  [
    'initial headers that are an object',
    /initialHeaders must be an array, not object/,
    ({ client }) => client.beginClientHandshake({ initialHeaders: {} }),
  ],
  [
    'response headers that are absent',
    /responseHeaders must be an array, not undefined/,
    ({ client }) => client.endClientHandshake(),
  ],
  [
    'a header that is null',
    /responseHeaders\[0\] must be an object, not null/,
    ({ client }) => client.endClientHandshake([null]),
  ],
  ['no request', /request must be an object, not undefined/, ({ server }) => server.beginServerHandshake()],
  [
    'no request headers',
    /requestHeaders must be an array, not undefined/,
    ({ server }) => server.beginServerHandshake({}),
  ],
  [
    'a header without a name',
    /requestHeaders\[0\]\.name must be a string, not undefined/,
    ({ server }) => server.beginServerHandshake(header(undefined, 'x')),
  ],
  [
    'a header value that is a number',
    /requestHeaders\[0\]\.value must be a string, not number/,
    ({ server }) => server.beginServerHandshake(header('Host', 1)),
  ],
  [
    'a header value with NUL',
    /requestHeaders\[0\]\.value must consist of Latin-1 characters, without NUL/,
    ({ server }) => server.beginServerHandshake(header('Host', 'a\0')),
  ],
  [
    'a header value beyond Latin-1',
    /requestHeaders\[0\]\.value must consist of Latin-1/,
    ({ server }) => server.beginServerHandshake(header('Host', '€')),
  ],
  [
    'a selected subprotocol that is null',
    /selectedSubprotocol must be a string, not null/,
    ({ server }) => server.beginServerHandshake({ requestHeaders: [], selectedSubprotocol: null }),
  ],
  [
    'selected extensions that are a string',
    /selectedExtensions must be an array, not string/,
    ({ server }) => server.beginServerHandshake({ requestHeaders: [], selectedExtensions: 'x' }),
  ],

  [
    'a buffer type that is a string',
    /type must be a number, not string/,
    ({ client }) => client.send('Utf8Message'),
  ],
  [
    'text that is a string',
    /buffer must be a Uint8Array, not string/,
    ({ client }) => client.send(BufferType.Utf8Message, 'text'),
  ],
  [
    'an ArrayBuffer',
    /buffer must be a Uint8Array, not object/,
    ({ client }) => client.send(BufferType.BinaryMessage, new ArrayBuffer(4)),
  ],
  [
    'a DataView',
    /buffer must be a Uint8Array, not object/,
    ({ client }) => client.send(BufferType.BinaryMessage, new DataView(new ArrayBuffer(4))),
  ],
  [
    'another typed array',
    /buffer must be a Uint8Array, not object/,
    ({ client }) => client.send(BufferType.BinaryMessage, new Int8Array(4)),
  ],
  [
    'something that looks like a Uint8Array',
    /buffer must be a Uint8Array, not object/,
    ({ client }) => client.send(BufferType.BinaryMessage, Object.create(Uint8Array.prototype)),
  ],
  [
    'null for a payload',
    /buffer must be a Uint8Array, not null/,
    ({ client }) => client.send(BufferType.BinaryMessage, null),
  ],
  [
    'shared memory to send',
    /buffer must not be shared memory/,
    ({ client }) => client.send(BufferType.BinaryMessage, shared),
  ],
  [
    'resizable memory to send',
    /buffer must not be resizable/,
    ({ client }) => client.send(BufferType.BinaryMessage, resizable()),
  ],
  [
    'bytes for a close',
    /buffer\.status must be a number, not undefined/,
    ({ client }) => client.send(BufferType.Close, new Uint8Array(2)),
  ],
  [
    'null for a close',
    /buffer must be an object, not null/,
    ({ client }) => client.send(BufferType.Close, null),
  ],
  [
    'a status that is a string',
    /buffer\.status must be a number, not string/,
    ({ client }) => client.send(BufferType.Close, { status: '1000' }),
  ],
  [
    'a reason that is a string',
    /buffer\.reason must be a Uint8Array, not string/,
    ({ client }) => client.send(BufferType.Close, { status: 1000, reason: 'bye' }),
  ],
  [
    'a reason in shared memory',
    /buffer\.reason must not be shared memory/,
    ({ client }) => client.send(BufferType.Close, { status: 1000, reason: shared }),
  ],
  [
    'shared memory to receive into',
    /buffer must not be shared memory/,
    ({ client }) => client.receive(shared),
  ],
  [
    'resizable memory to receive into',
    /buffer must not be resizable/,
    ({ client }) => client.receive(resizable()),
  ],
  ['null to receive into', /buffer must be a Uint8Array, not null/, ({ client }) => client.receive(null)],
  ['a queue that is a string', /queue must be a number, not string/, ({ client }) => client.getAction('All')],
  [
    'a number of buffers that is a string',
    /maxBuffers must be a number, not string/,
    ({ client }) => client.getAction(ActionQueue.All, '2'),
  ],
  [
    'an action context that is a number',
    /actionContext must be an action context or null, not number/,
    ({ client }) => client.completeAction(1, 0),
  ],
  [
    'an action context that is missing',
    /actionContext must be an action context or null, not undefined/,
    ({ client }) => client.completeAction(),
  ],
  [
    'bytes that are missing',
    /bytesTransferred must be a number, not undefined/,
    ({ client }) => client.completeAction(null),
  ],
];

const RANGE_ERRORS: readonly Row[] = [
  [
    'a size below 0',
    /receiveBufferSize must be an integer from 0 to 4294967295, not -1/,
    ({ component }) => component.createClientHandle({ receiveBufferSize: -1 }),
  ],
  [
    'a size beyond 32 bits',
    /sendBufferSize .* not 4294967296/,
    ({ component }) => component.createClientHandle({ sendBufferSize: 2 ** 32 }),
  ],
  [
    'a broken size',
    /allocatedBufferSize .* not 0\.5/,
    ({ component }) => component.createClientHandle({ allocatedBufferSize: 0.5 }),
  ],
  [
    'a size that is no number',
    /receiveBufferSize .* not NaN/,
    ({ component }) => component.createServerHandle({ receiveBufferSize: NaN }),
  ],
  [
    'an endless size',
    /receiveBufferSize .* not Infinity/,
    ({ component }) => component.createServerHandle({ receiveBufferSize: Infinity }),
  ],
  [
    'a status of 65536',
    /buffer\.status must be an integer from 0 to 65535, not 65536/,
    ({ client }) => client.send(BufferType.Close, { status: 65536 }),
  ],
  [
    'a negative status',
    /buffer\.status .* not -1/,
    ({ client }) => client.send(BufferType.Close, { status: -1 }),
  ],
  [
    'a negative buffer type',
    /type .* not -2147483648/,
    ({ client }) => client.send(BufferType.Utf8Message | 0, new Uint8Array(1)),
  ],
  ['a broken queue', /queue .* not 1\.5/, ({ client }) => client.getAction(1.5)],
  [
    'a negative number of buffers',
    /maxBuffers .* not -1/,
    ({ client }) => client.getAction(ActionQueue.All, -1),
  ],
  ['negative bytes', /bytesTransferred .* not -1/, ({ client }) => client.completeAction(null, -1)],
];

for (const component of backends) {
  const loose = (): Loose => ({ component, ...openPair(component) }) as unknown as Loose;

  describe(`arguments (${component.backend})`, () => {
    for (const [name, rows] of [
      ['TypeError', TYPE_ERRORS],
      ['RangeError', RANGE_ERRORS],
    ] as const) {
      for (const [what, message, act] of rows) {
        it(`${what}: ${name}`, () => {
          assert.throws(() => act(loose()), { name, message });
        });
      }
    }

    it('with more bytes than a ULONG can say: RangeError', function () {
      const bytes = allocated(2 ** 32);
      // This machine may have no 4 GiB of contiguous address space.
      if (bytes === null) this.skip();
      const { client } = openPair(component);
      const complaint = {
        name: 'RangeError',
        message: 'buffer must have at most 4294967295 bytes, not 4294967296',
      };
      assert.throws(() => client.send(BufferType.BinaryMessage, bytes), complaint);
      assert.throws(() => client.receive(bytes), complaint);
      assert.throws(() => openSession(client).send(BufferType.BinaryMessage, bytes), complaint);
    });

    it('of any realm are accepted', () => {
      const { client } = openPair(component, { disableMasking: true });
      const payload = vm.runInNewContext('new Uint8Array([1, 2, 3])') as Uint8Array;
      client.send(BufferType.BinaryMessage, payload);
      assert.equal(bytesOf(client).toString('hex'), '8283' + '00000000' + '010203');
    });

    it('are each read once', () => {
      const reads = new Map<string, number>();
      const counted = <T extends object>(what: string, values: T): T =>
        new Proxy(values, {
          get(target, name) {
            const key = `${what}.${String(name)}`;
            reads.set(key, (reads.get(key) ?? 0) + 1);
            return Reflect.get(target, name) as unknown;
          },
        });
      const properties: HandleProperties = {
        receiveBufferSize: 300,
        sendBufferSize: 20,
        disableMasking: false,
      };
      const client = component.createClientHandle(counted('properties', properties));
      const [key, ...others] = client.beginClientHandshake(
        counted('offer', { subprotocols: ['a'], extensions: [], initialHeaders: [] }),
      );
      component.createServerHandle().beginServerHandshake(
        counted('request', {
          requestHeaders: [counted('header', key!), ...others, { name: 'Host', value: 'h' }],
          selectedSubprotocol: 'a',
        }),
      );
      openPair(component).client.send(
        BufferType.Close,
        counted('close', { status: 1000, reason: new Uint8Array(1) }),
      );
      assert.ok(reads.size >= 12);
      assert.deepEqual(
        [...reads].filter(([, count]) => count !== 1),
        [],
      );
    });

    it('whose getters use the handle find it unchanged', () => {
      const { client } = openPair(component);
      client.send(BufferType.Close, {
        get status() {
          client.send(BufferType.PingPong, undefined, 'inner');
          return 1000;
        },
      });
      assert.equal(bytesOf(client).length, 6 + 8);
    });

    it('whose getters delete the handle are refused', () => {
      const { client } = openPair(component);
      const deleting = {
        get status(): number {
          client.delete();
          return 1000;
        },
      };
      assert.throws(() => client.send(BufferType.Close, deleting), { code: 'E_HANDLE' });
    });

    it('that throw are not swallowed, and nothing is queued', () => {
      const { client } = openPair(component);
      const failing = {
        get status(): number {
          throw new SyntaxError('mine');
        },
      };
      assert.throws(() => client.send(BufferType.Close, failing), SyntaxError);
      assert.equal(bytesOf(client).length, 0);
    });
  });
}
