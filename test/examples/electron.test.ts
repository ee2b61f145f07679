import assert from 'node:assert/strict';
import { once } from 'node:events';
import { listen } from '../../lib/index.js';
import type { Server } from '../../lib/index.js';
import { StandIn } from './electron-stand-in.js';

for (const example of ['electron', 'electron-utility'])
  describe(`the example ${example}, with a stand-in of Electron`, function () {
    this.timeout(20_000);
    const url = process.env['WEBSOCKET_URL'];
    let server: Server;
    let electron: StandIn;
    let received: unknown[];

    beforeEach(async () => {
      received = [];
      server = await listen({ host: '127.0.0.1', port: 0 }, async (connection) => {
        for await (const message of connection) {
          received.push(message);
          await connection.send(`echo ${String(message)}`);
        }
      });
      process.env['WEBSOCKET_URL'] = `ws://127.0.0.1:${(server.address() as { port: number }).port}/`;
      electron = new StandIn(example);
    });

    afterEach(async () => {
      if (url === undefined) delete process.env['WEBSOCKET_URL'];
      else process.env['WEBSOCKET_URL'] = url;
      await electron.end();
      await server.close();
    });

    it('takes messages both ways, and ends with its window', async () => {
      electron.start();
      await electron.shows(/^connected$/);
      electron.type('hello');
      await electron.shows(/^echo hello$/);
      assert.deepEqual(received, ['hello']);

      const quit = once(electron.app, 'quit');
      const [connection] = [...server.connections];
      electron.window.destroy();
      await quit;
      assert.equal((await connection!.closed).code, 1001);
    });

    it('says which backend answers, and why it is not the native one', async () => {
      electron.start();
      await electron.shows(/^connected$/);
      assert.match(electron.shown[0]!, /^backend: (native|portable \(.+\))$/);
    });

    it('shows why there is no connection, and ends all the same', async () => {
      await server.close();
      electron.start();
      await electron.shows(/ECONNREFUSED/);
      const quit = once(electron.app, 'quit');
      electron.window.destroy();
      await quit;
    });

    it('shows that the server has closed the connection', async () => {
      electron.start();
      await electron.shows(/^connected$/);
      await server.close({ code: 4000, reason: 'enough' });
      await electron.shows(/^closed: 4000 enough$/);
    });
  });

describe('the example electron', () => {
  it('answers a renderer that sends before anything is connected', async () => {
    const electron = new StandIn('electron');
    electron.app.whenReady = () => new Promise(() => undefined);
    electron.start();
    await electron.end();
    assert.ok(electron.handlers.has('send'), 'the channel is there as soon as the program is loaded');
    await assert.rejects(Promise.resolve(electron.handlers.get('send')!({}, 'early')), /not connected yet/);
  });
});

describe('the example electron-utility', function () {
  this.timeout(20_000);

  it('says that the process of the connection has ended', async () => {
    const electron = new StandIn('electron-utility');
    try {
      electron.start();
      while (electron.child === null) await new Promise(setImmediate);
      await electron.shows(/^backend: /);
      await electron.child.kill();
      await electron.shows(/^the process of the connection has ended with \d+$/);
      const quit = once(electron.app, 'quit');
      electron.window.destroy();
      await quit;
    } finally {
      await electron.end();
    }
  });
});
