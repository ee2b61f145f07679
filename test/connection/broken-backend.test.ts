import assert from 'node:assert/strict';
import { on, once } from 'node:events';
import { mock } from 'node:test';
import { ActionQueue, ComponentError, HRESULTS, portable } from '../../lib/component/index.js';
import type { Component, SessionHandle } from '../../lib/component/index.js';
import { prepare } from '../../lib/connection/index.js';
import type { Connection } from '../../lib/connection/index.js';
import { connect } from '../../lib/opening/index.js';
import type { Server } from '../../lib/opening/index.js';
import { leavesNothing } from '../support/leaks.js';
import { listenHere } from '../support/open.js';

/** A backend of others, which fails when it is told to. */
class Broken {
  #error: Error | null = null;
  #refusal: Error | null = null;
  readonly component: Component = {
    backend: 'portable',
    createServerHandle: (...all) => this.#breakable(portable.createServerHandle(...all)),
    getGlobalProperty: portable.getGlobalProperty.bind(portable),
    createClientHandle: (...all) => this.#breakable(portable.createClientHandle(...all)),
  };

  #breakable<T extends SessionHandle>(handle: T): T {
    const getAction = handle.getAction.bind(handle);
    handle.getAction = (queue, capacity) => {
      if (queue === ActionQueue.Send && this.#error !== null) throw this.#error;
      return getAction(queue, capacity);
    };
    const send = handle.send.bind(handle);
    handle.send = (type, buffer) => {
      if (this.#refusal !== null) throw this.#refusal;
      send(type, buffer);
    };
    return handle;
  }

  /** All sends are refused, until this is called with null. */
  refuse(error: Error | null): void {
    this.#refusal = error;
  }

  /** All output fails from now on. */
  fail(error: Error): void {
    this.#error = error;
  }
}

describe('a backend that fails in the middle of a frame', () => {
  leavesNothing();
  let server: Server;
  let broken: Broken;
  let connection: Connection;
  let next: () => Promise<unknown>;

  beforeEach(async () => {
    server = await listenHere();
    const accepted = once(server, 'connection') as Promise<[Connection]>;
    next = async () => (await (await accepted)[0].messages().next()).value;
    broken = new Broken();
    const { component } = broken;
    connection = await connect(server.url, { component, driver: 'action-loop', keepAlive: false });
  });
  afterEach(() => server.close());

  async function failed(cause: Error): Promise<void> {
    const { error, code } = await connection.closed;
    assert.equal(code, 1006);
    assert.equal(error?.code, 'ERR_INTERNAL');
    assert.match(error.message, /^sending failed: /);
    assert.equal(error.cause, cause);
  }

  for (const [what, make] of [
    ['an Error', () => new Error('no output today')],
    ['a TypeError', () => new TypeError('no output today')],
    ['a lack of memory', () => new ComponentError(HRESULTS.E_OUTOFMEMORY, 'WebSocketGetAction', 'native')],
  ] as const)
    for (const [name, send] of [
      ['a text', () => connection.send('lost')],
      ['bytes', () => connection.send(new Uint8Array(5))],
      ['a prepared message', () => connection.send(prepare('lost'))],
      ['parts', () => connection.send(['a', 'b'])],
      ['a ping', () => connection.ping()],
    ] as const)
      it(`ends its connection with the reason, ${what}: ${name}`, async () => {
        const cause = make();
        broken.fail(cause);
        await assert.rejects(send(), { code: 'ERR_INTERNAL', cause });
        await failed(cause);
      });

  it('ends its connections with the reason: a message to many', async () => {
    const { component } = broken;
    const many = await listenHere({ component, driver: 'action-loop' });
    const arrivals = on(many, 'connection') as AsyncIterableIterator<[Connection]>;
    const clients = await Promise.all([connect(many.url), connect(many.url)]);
    const accepted = [(await arrivals.next()).value![0], (await arrivals.next()).value![0]];
    const cause = new Error('no output today');
    broken.fail(cause);
    assert.equal(many.broadcast('all'), 0);
    for (const one of accepted) assert.equal((await one.closed).error?.cause, cause);
    await Promise.all(clients.map((client) => client.closed));
    await many.close();
    connection.terminate();
    await connection.closed;
  });

  it('ends its connection with the reason: a ping of keep-alive, from a timer', async () => {
    mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
    try {
      const { component } = broken;
      connection.terminate();
      await connection.closed;
      connection = await connect(server.url, { component, driver: 'action-loop', keepAlive: 1000 });
      const cause = new Error('no output today');
      broken.fail(cause);
      mock.timers.tick(5000);
      await failed(cause);
    } finally {
      mock.timers.reset();
    }
  });

  it('leaves its connection open if there was no memory to begin the frame', async () => {
    const cause = new ComponentError(HRESULTS.E_OUTOFMEMORY, 'WebSocketSend', 'portable');
    broken.refuse(cause);
    await assert.rejects(connection.send('refused'), cause);
    broken.refuse(null);
    const [arrived] = await Promise.all([next(), connection.send('sent')]);
    assert.equal(arrived, 'sent');
    assert.equal(connection.state, 'open');
    connection.terminate();
    await connection.closed;
  });
});
