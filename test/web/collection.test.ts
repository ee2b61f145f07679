import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { listen, WebSocket } from '../../lib/index.js';
import type { Connection, Server } from '../../lib/index.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function collectAndTurn(): Promise<void> {
  collect();
  for (let count = 0; count < 5; count++) await turn();
}

/** The result of the promise. Garbage is collected all the time meanwhile. */
async function whileCollecting<T>(promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const settle = (): void => {
    isSettled = true;
  };
  promise.then(settle, settle);
  while (!isSettled) await collectAndTurn();
  return promise;
}

async function collectOften(): Promise<void> {
  for (let round = 0; round < 5; round++) await collectAndTurn();
}

describe('a WebSocket without references', () => {
  let server: Server;
  let url: string;
  beforeEach(async () => {
    server = await listen({ host: '127.0.0.1' });
    url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  afterEach(() => server.close());

  /** Makes a WebSocket without keeping it. Returns the server's end. */
  async function open(use: (socket: WebSocket) => void): Promise<[Connection, WeakRef<WebSocket>]> {
    const connected = once(server, 'connection') as Promise<[Connection]>;
    const held = [new WebSocket(url)];
    use(held[0]!);
    const [connection] = await connected;
    // The server's end may not be open yet. If the WebSocket is collected before, there is nothing to close.
    await connection.ping();
    return [connection, new WeakRef(held.pop()!)];
  }

  const closed: readonly (readonly [string, (socket: WebSocket) => void])[] = [
    ['without listeners', () => {}],
    ['with a listener of open alone', (socket) => socket.addEventListener('open', () => {})],
    ['with listeners of other events', (socket) => socket.addEventListener('other', () => {})],
    [
      'whose listeners were removed',
      (socket) => {
        const listener = (): void => {};
        socket.addEventListener('message', listener);
        socket.removeEventListener('message', listener);
        socket.onclose = listener;
        socket.onclose = null;
      },
    ],
    [
      'whose only listener was for one event',
      (socket) => socket.addEventListener('message', () => {}, { once: true }),
    ],
    [
      'whose only listener was until a signal',
      (socket) => {
        const controller = new AbortController();
        socket.addEventListener('message', () => {}, { signal: controller.signal });
        socket.addEventListener('open', () => controller.abort());
      },
    ],
  ];
  for (const [title, use] of closed) {
    it(`is collected and closes its connection without a code, ${title}`, async () => {
      const [connection, reference] = await open(use);
      await connection.send('x');
      const { code, wasClean } = await whileCollecting(connection.closed);
      assert.deepEqual([code, wasClean], [1005, true]);
      assert.equal(reference.deref(), undefined);
    });
  }

  for (const type of ['message', 'close', 'error']) {
    for (const way of ['listener', 'handler']) {
      it(`stays while it is open, with a ${way} of ${type}`, async () => {
        const [connection, reference] = await open((socket) => {
          if (way === 'listener') socket.addEventListener(type, () => {});
          else Reflect.set(socket, `on${type}`, () => {});
        });
        await collectOften();
        assert.equal(connection.state, 'open');
        assert.equal(reference.deref()?.readyState, 1);
        reference.deref()?.close();
        await connection.closed;
      });
    }
  }

  it('gets its messages and its end', async () => {
    const heard: unknown[] = [];
    const ended = new Promise<void>((resolve) => {
      void open((socket) => {
        socket.onmessage = ({ data }) => heard.push(data);
        socket.onclose = ({ code }) => {
          heard.push(code);
          resolve();
        };
      }).then(async ([connection]) => {
        await collectOften();
        await connection.send('late');
        await collectOften();
        void connection.close(4000);
      });
    });
    await whileCollecting(ended);
    assert.deepEqual(heard, ['late', 4000]);
  });

  it('stays while it has data to send', async () => {
    const connected = once(server, 'connection') as Promise<[Connection]>;
    const opened = new Promise<void>((resolve) => {
      const socket = new WebSocket(url);
      socket.addEventListener('open', () => {
        for (let index = 0; index < 4; index++) socket.send(new Uint8Array(2_000_000));
        resolve();
      });
    });
    const [connection] = await connected;
    connection.pause();
    await opened;
    await collectOften();
    assert.equal(connection.state, 'open');
    let bytes = 0;
    connection.on('message', (data) => (bytes += data.length));
    connection.resume();
    assert.equal((await whileCollecting(connection.closed)).code, 1005);
    assert.equal(bytes, 8_000_000);
  });

  it('gives up connecting', async () => {
    const silent = createServer();
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const accepted = once(silent, 'connection') as Promise<[Socket]>;
    (() => new WebSocket(`ws://127.0.0.1:${(silent.address() as AddressInfo).port}/`))();
    const [transport] = await accepted;
    transport.resume();
    transport.on('error', () => {});
    await whileCollecting(once(transport, 'close'));
    assert.equal(transport.destroyed, true);
    silent.close();
  });

  it('goes on connecting with a listener of open', async () => {
    const opened = new Promise<string>((resolve) => {
      const socket = new WebSocket(url);
      socket.addEventListener('open', ({ type }) => resolve(type));
    });
    assert.equal(await whileCollecting(opened), 'open');
  });

  it('neither keeps the process alive for long nor fails if there are many', async () => {
    const many = 50;
    let ended = 0;
    const all = new Promise<void>((resolve) => {
      server.on('connection', (connection) => {
        void connection.closed.then(({ code }) => {
          assert.equal(code, 1005);
          if (++ended === many) resolve();
        });
      });
    });
    for (let index = 0; index < many; index++) new WebSocket(url).addEventListener('open', () => {});
    await whileCollecting(all);
    assert.equal(server.size, 0);
  });
});
