import { strict as assert } from 'node:assert';

import { Action, ActionQueue, BufferType, ComponentError } from '../../lib/component/index.js';
import type { Component, HttpHeader, PropertyType, SessionHandle } from '../../lib/component/index.js';
import { backends } from '../support/backends.js';
import { bytesOf, indicationOf, openPair } from '../support/open-pair.js';

type Failing = (component: Component) => void;
type Row = readonly [what: string, code: string, operation: string, act: Failing];

const FORMAT = 'E_INVALID_PROTOCOL_FORMAT';
const OPERATION = 'E_INVALID_PROTOCOL_OPERATION';
const ARGUMENT = 'E_INVALIDARG';

const KEY = { name: 'Sec-WebSocket-Key', value: 'AAAAAAAAAAAAAAAAAAAAAA==' };
const REQUEST: readonly HttpHeader[] = [
  { name: 'Host', value: '' },
  { name: 'Connection', value: 'Upgrade' },
  { name: 'Upgrade', value: 'websocket' },
  { name: 'Sec-WebSocket-Version', value: '13' },
  KEY,
];

const without = (headers: readonly HttpHeader[], name: string): HttpHeader[] =>
  headers.filter((header) => header.name !== name);
const replaced = (headers: readonly HttpHeader[], name: string, value: string): HttpHeader[] =>
  headers.map((header) => (header.name === name ? { name, value } : header));

const text = (length: number): Uint8Array => new Uint8Array(length).fill(0x61);

const create =
  (side: 'client' | 'server', properties: object): Failing =>
  (component) => {
    if (side === 'client') component.createClientHandle(properties);
    else component.createServerHandle(properties);
  };

const beginClient =
  (request: object): Failing =>
  (component) => {
    component.createClientHandle().beginClientHandshake(request);
  };

const endClient =
  (change: (headers: HttpHeader[]) => HttpHeader[], offer: object = {}): Failing =>
  (component) => {
    const client = component.createClientHandle();
    const offered = client.beginClientHandshake(offer);
    const requestHeaders = [...offered, { name: 'Host', value: 'localhost' }];
    const answer = component.createServerHandle().beginServerHandshake({ requestHeaders });
    client.endClientHandshake(change(answer));
  };

const beginServer =
  (requestHeaders: readonly HttpHeader[], selection: object = {}): Failing =>
  (component) => {
    component.createServerHandle().beginServerHandshake({ requestHeaders, ...selection });
  };

const clientDoes =
  (act: (handle: SessionHandle) => void): Failing =>
  (component) => {
    act(openPair(component).client);
  };

const receivesAt =
  (side: 'client' | 'server') =>
  (...bytes: number[]): Failing =>
  (component) => {
    const handle = openPair(component)[side];
    handle.receive();
    indicationOf(handle, new Uint8Array(bytes));
  };
const clientReceives = receivesAt('client');
/** Masked with a key of zero, so that the payload can be read here. */
const serverReceives = receivesAt('server');

/** The bytes are an indication, and then the violation. */
const clientReceivesThen =
  (...bytes: number[]): Failing =>
  (component) => {
    const { client } = openPair(component);
    client.receive();
    client.receive();
    client.completeAction(indicationOf(client, new Uint8Array(bytes)).actionContext, 0);
    indicationOf(client, new Uint8Array(0));
  };

const add =
  (name: string, value: string) =>
  (headers: HttpHeader[]): HttpHeader[] => [...headers, { name, value }];
const drop =
  (name: string) =>
  (headers: HttpHeader[]): HttpHeader[] =>
    without(headers, name);
const set =
  (name: string, value: string) =>
  (headers: HttpHeader[]): HttpHeader[] =>
    replaced(headers, name, value);

const CREATE_CLIENT = 'WebSocketCreateClientHandle';
const CREATE_SERVER = 'WebSocketCreateServerHandle';
const BEGIN_CLIENT = 'WebSocketBeginClientHandshake';
const END_CLIENT = 'WebSocketEndClientHandshake';
const BEGIN_SERVER = 'WebSocketBeginServerHandshake';
const END_SERVER = 'WebSocketEndServerHandshake';
const SEND = 'WebSocketSend';
const RECEIVE = 'WebSocketReceive';
const GET_ACTION = 'WebSocketGetAction';

const ROWS: readonly Row[] = [
  ['a receive buffer of 255 bytes', ARGUMENT, CREATE_CLIENT, create('client', { receiveBufferSize: 255 })],
  ['a receive buffer of 0 bytes', ARGUMENT, CREATE_SERVER, create('server', { receiveBufferSize: 0 })],
  ['a send buffer of 15 bytes', ARGUMENT, CREATE_CLIENT, create('client', { sendBufferSize: 15 })],
  ['a send buffer of 15 bytes', ARGUMENT, CREATE_SERVER, create('server', { sendBufferSize: 15 })],
  [
    'an allocated buffer that is a byte short',
    ARGUMENT,
    CREATE_CLIENT,
    create('client', { receiveBufferSize: 256, sendBufferSize: 256, allocatedBufferSize: 256 + 256 + 143 }),
  ],
  [
    'an allocated buffer that is short of the defaults',
    ARGUMENT,
    CREATE_SERVER,
    create('server', { allocatedBufferSize: 4096 + 16 + 143 }),
  ],

  ['an empty subprotocol', ARGUMENT, BEGIN_CLIENT, beginClient({ subprotocols: [''] })],
  ['a subprotocol with a space', ARGUMENT, BEGIN_CLIENT, beginClient({ subprotocols: ['a b'] })],
  ['a subprotocol with a comma', ARGUMENT, BEGIN_CLIENT, beginClient({ subprotocols: ['a,b'] })],
  ['a subprotocol that is not ASCII', ARGUMENT, BEGIN_CLIENT, beginClient({ subprotocols: ['\xe9'] })],
  ['a subprotocol twice', ARGUMENT, BEGIN_CLIENT, beginClient({ subprotocols: ['a', 'b', 'a'] })],
  ['an empty extension', ARGUMENT, BEGIN_CLIENT, beginClient({ extensions: [''] })],
  ['an extension that is no token', ARGUMENT, BEGIN_CLIENT, beginClient({ extensions: ['a b'] })],
  [
    'a second beginning of a client',
    OPERATION,
    BEGIN_CLIENT,
    (component) => {
      const client = component.createClientHandle();
      client.beginClientHandshake();
      client.beginClientHandshake();
    },
  ],
  [
    'a client that begins as a server',
    ARGUMENT,
    BEGIN_SERVER,
    (component) => {
      const client = component.createClientHandle() as unknown as ReturnType<Component['createServerHandle']>;
      client.beginServerHandshake({ requestHeaders: REQUEST });
    },
  ],
  [
    'a server that begins as a client',
    ARGUMENT,
    BEGIN_CLIENT,
    (component) => {
      const server = component.createServerHandle() as unknown as ReturnType<Component['createClientHandle']>;
      server.beginClientHandshake();
    },
  ],

  [
    'an end before the beginning of a client',
    OPERATION,
    END_CLIENT,
    (component) => {
      component.createClientHandle().endClientHandshake([{ name: 'Upgrade', value: 'websocket' }]);
    },
  ],
  [
    'a second end of a client',
    OPERATION,
    END_CLIENT,
    (component) => {
      openPair(component).client.endClientHandshake([{ name: 'Upgrade', value: 'websocket' }]);
    },
  ],
  ['a response without headers', FORMAT, END_CLIENT, endClient(() => [])],
  ['a response without Upgrade', FORMAT, END_CLIENT, endClient(drop('Upgrade'))],
  ['a response without Connection', FORMAT, END_CLIENT, endClient(drop('Connection'))],
  ['a response without Sec-WebSocket-Accept', FORMAT, END_CLIENT, endClient(drop('Sec-WebSocket-Accept'))],
  ['a response with two of them', FORMAT, END_CLIENT, endClient(add('sec-websocket-accept', 'x'))],
  ['a wrong Sec-WebSocket-Accept', FORMAT, END_CLIENT, endClient(set('Sec-WebSocket-Accept', 'x'))],
  ['a response with another Upgrade', FORMAT, END_CLIENT, endClient(set('Upgrade', 'h2c'))],
  ['a response with another Connection', FORMAT, END_CLIENT, endClient(set('Connection', 'close'))],
  [
    'a subprotocol that was not offered',
    'E_SUBPROTOCOL_NOT_SUPPORTED',
    END_CLIENT,
    endClient(add('Sec-WebSocket-Protocol', 'b'), { subprotocols: ['a'] }),
  ],
  [
    'an extension that was not offered',
    'E_PROTOCOL_EXTENSIONS_NOT_SUPPORTED',
    END_CLIENT,
    endClient(add('Sec-WebSocket-Extensions', 'b'), { extensions: ['a'] }),
  ],
  [
    'two subprotocols',
    FORMAT,
    END_CLIENT,
    endClient(add('Sec-WebSocket-Protocol', 'a, b'), { subprotocols: ['a', 'b'] }),
  ],

  ['a request without headers', FORMAT, BEGIN_SERVER, beginServer([])],
  ...REQUEST.filter(({ name }) => name !== 'Sec-WebSocket-Version').map(({ name }): Row => [
    `a request without ${name}`,
    FORMAT,
    BEGIN_SERVER,
    beginServer(without(REQUEST, name)),
  ]),
  ['a request with two keys', FORMAT, BEGIN_SERVER, beginServer([...REQUEST, KEY])],
  ['an empty key', FORMAT, BEGIN_SERVER, beginServer(replaced(REQUEST, 'Sec-WebSocket-Key', ''))],
  ['another Upgrade', FORMAT, BEGIN_SERVER, beginServer(replaced(REQUEST, 'Upgrade', 'h2c'))],
  ['another Connection', FORMAT, BEGIN_SERVER, beginServer(replaced(REQUEST, 'Connection', 'close'))],
  [
    'another version',
    'E_PROTOCOL_VERSION_NOT_SUPPORTED',
    BEGIN_SERVER,
    beginServer(replaced(REQUEST, 'Sec-WebSocket-Version', '8')),
  ],
  [
    'a selected subprotocol that was not offered',
    'E_SUBPROTOCOL_NOT_SUPPORTED',
    BEGIN_SERVER,
    beginServer([...REQUEST, { name: 'Sec-WebSocket-Protocol', value: 'a, b' }], {
      selectedSubprotocol: 'c',
    }),
  ],
  [
    'a selected subprotocol when none was offered',
    'E_SUBPROTOCOL_NOT_SUPPORTED',
    BEGIN_SERVER,
    beginServer(REQUEST, { selectedSubprotocol: 'a' }),
  ],
  [
    'a selected extension that was not offered',
    'E_PROTOCOL_EXTENSIONS_NOT_SUPPORTED',
    BEGIN_SERVER,
    beginServer([...REQUEST, { name: 'Sec-WebSocket-Extensions', value: 'a; x=1' }], {
      selectedExtensions: ['b'],
    }),
  ],
  [
    'an end before the beginning of a server',
    OPERATION,
    END_SERVER,
    (component) => {
      component.createServerHandle().endServerHandshake();
    },
  ],
  [
    'a second end of a server',
    OPERATION,
    END_SERVER,
    (component) => {
      openPair(component).server.endServerHandshake();
    },
  ],

  [
    'a send before the handshake',
    OPERATION,
    SEND,
    (component) => {
      component.createClientHandle().send(BufferType.PingPong);
    },
  ],
  [
    'a receive before the handshake',
    OPERATION,
    RECEIVE,
    (component) => {
      component.createServerHandle().receive();
    },
  ],
  [
    'an action before the handshake',
    OPERATION,
    GET_ACTION,
    (component) => {
      component.createClientHandle().getAction(ActionQueue.All);
    },
  ],
  ['a buffer type of 0', ARGUMENT, SEND, clientDoes((handle) => handle.send(0 as BufferType, text(1)))],
  [
    'an unknown buffer type',
    ARGUMENT,
    SEND,
    clientDoes((handle) => handle.send(0x80000007 as BufferType, text(1))),
  ],
  ['a ping with a buffer', ARGUMENT, SEND, clientDoes((handle) => handle.send(BufferType.PingPong, text(1)))],
  [
    'an unsolicited pong with a buffer',
    ARGUMENT,
    SEND,
    clientDoes((handle) => handle.send(BufferType.UnsolicitedPong, text(1))),
  ],
  [
    'a reason of 124 bytes',
    ARGUMENT,
    SEND,
    clientDoes((handle) => handle.send(BufferType.Close, { status: 1000, reason: text(124) })),
  ],
  ...[0, 999, 1006, 1015].map((status): Row => [
    `a close with status ${status}`,
    ARGUMENT,
    SEND,
    clientDoes((handle) => handle.send(BufferType.Close, { status })),
  ]),
  [
    'an empty close with a reason',
    ARGUMENT,
    SEND,
    clientDoes((handle) => handle.send(BufferType.Close, { status: 1005, reason: text(1) })),
  ],
  [
    'another message inside of one',
    ARGUMENT,
    SEND,
    clientDoes((handle) => {
      handle.send(BufferType.Utf8Fragment, text(1));
      handle.send(BufferType.BinaryMessage, text(1));
    }),
  ],
  [
    'data after a close',
    OPERATION,
    SEND,
    clientDoes((handle) => {
      handle.send(BufferType.Close);
      handle.send(BufferType.BinaryMessage, text(1));
    }),
  ],
  [
    'a close after a close',
    OPERATION,
    SEND,
    clientDoes((handle) => {
      handle.send(BufferType.Close);
      handle.send(BufferType.Close);
    }),
  ],
  [
    'a send after an abort',
    OPERATION,
    SEND,
    clientDoes((handle) => {
      handle.abort();
      handle.send(BufferType.PingPong);
    }),
  ],
  [
    'a receive after an abort',
    OPERATION,
    RECEIVE,
    clientDoes((handle) => {
      handle.abort();
      handle.receive();
    }),
  ],
  [
    'a receive after a close has arrived',
    OPERATION,
    RECEIVE,
    clientDoes((handle) => {
      handle.receive();
      handle.completeAction(indicationOf(handle, new Uint8Array([0x88, 0x00])).actionContext, 0);
      handle.receive();
    }),
  ],
  ['a queue of 0', ARGUMENT, GET_ACTION, clientDoes((handle) => handle.getAction(0 as ActionQueue))],
  ['a queue of 4', ARGUMENT, GET_ACTION, clientDoes((handle) => handle.getAction(4 as ActionQueue))],
  [
    'no room for a buffer',
    ARGUMENT,
    GET_ACTION,
    clientDoes((handle) => handle.getAction(ActionQueue.All, 0)),
  ],

  ['a continuation of nothing', FORMAT, GET_ACTION, clientReceives(0x80, 0)],
  ['a message inside of another', FORMAT, GET_ACTION, clientReceivesThen(0x01, 1, 0x61, 0x81, 1, 0x61)],
  ['a reserved bit', FORMAT, GET_ACTION, clientReceives(0xc1, 0)],
  ['a reserved opcode', FORMAT, GET_ACTION, clientReceives(0x83, 0)],
  ['a reserved control opcode', FORMAT, GET_ACTION, clientReceives(0x8b, 0)],
  ['a fragmented ping', FORMAT, GET_ACTION, clientReceives(0x09, 0)],
  ['a ping of 126 bytes', FORMAT, GET_ACTION, clientReceives(0x89, 126, 0, 126)],
  ['a close body of one byte', FORMAT, GET_ACTION, clientReceives(0x88, 1, 3)],
  ...[0, 999, 1005, 1006, 1015].map((status): Row => [
    `a received close with status ${status}`,
    FORMAT,
    GET_ACTION,
    clientReceives(0x88, 2, status >> 8, status & 255),
  ]),
  ['a length of 16 bits that is too long', FORMAT, GET_ACTION, clientReceives(0x82, 126, 0, 125)],
  [
    'a length of 64 bits that is too long',
    FORMAT,
    GET_ACTION,
    clientReceives(0x82, 127, 0, 0, 0, 0, 0, 0, 255, 255),
  ],
  ['a length of more than 63 bits', FORMAT, GET_ACTION, clientReceives(0x82, 127, 128, 0, 0, 0, 0, 0, 0, 0)],
  ['a masked frame from the server', FORMAT, GET_ACTION, clientReceives(0x81, 0x80, 0, 0, 0, 0)],
  ['an unmasked frame from the client', FORMAT, GET_ACTION, serverReceives(0x81, 0x01, 0x61)],
  ['text that is not UTF-8', FORMAT, GET_ACTION, clientReceives(0x81, 1, 0xff)],
  ['text that ends inside of a character', FORMAT, GET_ACTION, clientReceives(0x81, 1, 0xc3)],
  ['a surrogate in text', FORMAT, GET_ACTION, clientReceives(0x81, 3, 0xed, 0xa0, 0x80)],
  ['data after a close has arrived', OPERATION, GET_ACTION, clientReceivesThen(0x88, 0, 0x82, 0)],
  ['a close after a close has arrived', OPERATION, GET_ACTION, clientReceivesThen(0x88, 0, 0x88, 0)],

  [
    'a property that is not global',
    ARGUMENT,
    'WebSocketGetGlobalProperty',
    (component) => {
      component.getGlobalProperty(0 as PropertyType.KeepAliveInterval);
    },
  ],
  [
    'a property that does not exist',
    ARGUMENT,
    'WebSocketGetGlobalProperty',
    (component) => {
      component.getGlobalProperty(7 as PropertyType.KeepAliveInterval);
    },
  ],
  ...(['send', 'receive', 'getAction', 'completeAction'] as const).map((name): Row => [
    `a deleted handle's ${name}`,
    'E_HANDLE',
    `WebSocket${name.charAt(0).toUpperCase()}${name.slice(1)}`,
    clientDoes((handle) => {
      handle.delete();
      if (name === 'send') handle.send(BufferType.PingPong);
      else if (name === 'receive') handle.receive();
      else if (name === 'getAction') handle.getAction(ActionQueue.All);
      else handle.completeAction(null, 0);
    }),
  ]),
];

for (const component of backends) {
  describe(`the errors of the ${component.backend} backend`, () => {
    for (const [what, code, operation, act] of ROWS) {
      it(`${operation}: ${what} is ${code}`, () => {
        assert.throws(
          () => act(component),
          (error: unknown) => {
            assert.ok(error instanceof ComponentError, String(error));
            const { code: actual, operation: failed, backend } = error;
            assert.deepEqual(
              { actual, failed, backend },
              { actual: code, failed: operation, backend: component.backend },
            );
            return true;
          },
        );
      });
    }

    it('repeats the violation of the peer until the abort', () => {
      const { client } = openPair(component);
      client.receive();
      assert.throws(() => indicationOf(client, new Uint8Array([0xc1, 0])), { code: FORMAT });
      assert.throws(() => client.getAction(ActionQueue.All), { code: FORMAT });
      client.abort();
      assert.equal(client.getAction(ActionQueue.All).action, Action.IndicateReceiveComplete);
    });

    it('leaves sends alone after a violation of the peer', () => {
      const { client, server } = openPair(component);
      client.receive();
      assert.throws(() => indicationOf(client, new Uint8Array([0xc1, 0])), { code: FORMAT });
      client.send(BufferType.Utf8Message, text(3));
      server.receive();
      const { buffers } = indicationOf(server, bytesOf(client));
      assert.deepEqual(Buffer.concat(buffers).toString(), 'aaa');
    });
  });
}
