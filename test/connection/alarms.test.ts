import assert from 'node:assert/strict';
import { once } from 'node:events';
import { BufferType } from '../../lib/index.js';
import type { Connection } from '../../lib/index.js';
import { connect } from '../../lib/index.js';
import { listenHere, openEnds, portOf } from '../support/open.js';

/** The timers that keep this process alive. */
function running(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}

/** Fake timers of a test runner: they do nothing and do not know real timers. */
function fake(): () => void {
  const names = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] as const;
  const real = names.map((name) => [name, globalThis[name]] as const);
  for (const name of names) Reflect.set(globalThis, name, () => 1);
  return () => {
    for (const [name, value] of real) Reflect.set(globalThis, name, value);
  };
}

describe('timers that were real when they began', () => {
  let restore = (): void => undefined;
  afterEach(() => restore());

  it('end with their connection while timers are fakes', async () => {
    // mocha starts its own timer when this function has returned.
    await new Promise(setImmediate);
    const before = running();
    const { client, server, end } = await openEnds({ keepAlive: false });
    void client.close();
    restore = fake();
    await Promise.all([client.closed, server.closed]);
    restore();
    await end();
    assert.equal(running(), before);
  });

  it('end with an opening and with a server while timers are fakes', async () => {
    // mocha starts its own timer when this function has returned.
    await new Promise(setImmediate);
    const before = running();
    let decide!: (isAccepted: boolean) => void;
    const listener = await listenHere({ verifyClient: () => new Promise((resolve) => (decide = resolve)) });
    const opening = connect(`ws://127.0.0.1:${portOf(listener)}/`);
    await once(listener.httpServer, 'upgrade');
    restore = fake();
    const arrival = once(listener, 'connection') as Promise<[Connection]>;
    decide(true);
    (await opening).terminate();
    await (
      await arrival
    )[0].closed;
    restore();
    await listener.close();
    assert.equal(running(), before);
  });

  it('check the connections of a server once in a period', async () => {
    const intervals = new Set<unknown>();
    const { setInterval: set, clearInterval: clear } = globalThis;
    globalThis.setInterval = (...args: Parameters<typeof set>) => {
      const timer = set(...args);
      intervals.add(timer);
      return timer;
    };
    globalThis.clearInterval = (timer) => {
      intervals.delete(timer);
      clear(timer);
    };
    const listener = await listenHere();
    const url = `ws://127.0.0.1:${portOf(listener)}/`;
    const open = async (): Promise<void> => {
      const arrival = once(listener, 'connection');
      await connect(url, { keepAlive: false });
      await arrival;
    };
    await open();
    assert.equal(intervals.size, 1);
    const restoreReal = fake();
    restore = () => {
      restoreReal();
      Object.assign(globalThis, { setInterval: set, clearInterval: clear });
    };
    await open();
    assert.equal(intervals.size, 0, 'the fake interval has taken the place of the real one');
    restoreReal();
    await open();
    assert.equal(intervals.size, 1);
    await listener.close();
    assert.equal(intervals.size, 0);
  });
});

describe('a close frame that the component refuses', () => {
  for (const isWaiting of [false, true])
    it(`ends the connection with the reason${isWaiting ? ', behind a message in parts' : ''}`, async () => {
      const { client, server, end } = await openEnds();
      let goOn!: () => void;
      const hold = new Promise<void>((resolve) => (goOn = resolve));
      const parts = async function* (): AsyncGenerator<string> {
        await hold;
        yield 'a';
      };
      const sent = isWaiting ? client.send(parts()) : Promise.resolve();
      const session = Reflect.get(client, '_session') as {
        send: (type: number, ...rest: unknown[]) => unknown;
      };
      const send = session.send.bind(session);
      session.send = (type, ...rest) => {
        if (type === (BufferType.Close as number)) throw new Error('no memory');
        return send(type, ...rest);
      };
      const closed = client.close();
      goOn();
      await sent;
      const { code, wasClean, error } = await closed;
      assert.deepEqual(
        { code, wasClean, reason: error?.code },
        { code: 1006, wasClean: false, reason: 'ERR_INTERNAL' },
      );
      assert.match(error!.message, /no memory/);
      assert.equal((await server.closed).code, 1006);
      await end();
    });
});
