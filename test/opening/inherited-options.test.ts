import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, connectHttp2, connections, listen, listenHttp2, WebSocket } from '../../lib/index.js';
import { leavesNothing } from '../support/leaks.js';

/** Options as a class, whose getters are no own properties of the object. */
class ClientConfig {
  readonly #headers = { 'X-From': 'a class' };
  get headers(): Record<string, string> {
    return this.#headers;
  }
}

class ServerConfig {
  readonly #seen: unknown[];
  constructor(seen: unknown[]) {
    this.#seen = seen;
  }
  readonly #host = '127.0.0.1';
  get host(): string {
    return this.#host;
  }
  get verifyClient() {
    return ({ headers }: { headers: NodeJS.Dict<string | string[]> }): boolean => {
      this.#seen.push(headers['x-from']);
      return true;
    };
  }
}

/** Each way of giving options to a client. */
const clients: Readonly<Record<string, (url: string) => Promise<unknown>>> = {
  'connect(url, options)': async (url) => (await connect(url, new ClientConfig())).terminate(),
  'connect(url, protocols, options)': async (url) => (await connect(url, [], new ClientConfig())).terminate(),
  'connections(url, options)': async (url) => {
    for await (const connection of connections(url, new ClientConfig())) {
      connection.terminate();
      return;
    }
  },
  'new WebSocket(url, protocols, options)': async (url) => {
    const socket = new WebSocket(url, [], new ClientConfig());
    await once(socket, 'open');
    socket.close();
    await once(socket, 'close');
  },
};

describe('options that an object inherits', () => {
  leavesNothing();
  for (const [name, open] of Object.entries(clients)) {
    it(`${name} takes them`, async () => {
      const seen: unknown[] = [];
      const server = await listen(new ServerConfig(seen));
      await open(server.url);
      assert.deepEqual(seen, ['a class']);
      await server.close();
    });
  }

  for (const [name, start, open] of [
    [
      'listen',
      (given: ServerConfig) => listen(0, given),
      (url: string) => connect(url, [], new ClientConfig()),
    ],
    [
      'listenHttp2',
      (given: ServerConfig) => listenHttp2(0, given),
      (url: string) => connectHttp2(url, [], new ClientConfig()),
    ],
  ] as const) {
    it(`${name}(port, options) takes them, and its client does`, async () => {
      const seen: unknown[] = [];
      const server = await start(new ServerConfig(seen));
      assert.match(server.url, /^ws:\/\/127\.0\.0\.1:/);
      (await open(server.url)).terminate();
      assert.deepEqual(seen, ['a class']);
      await server.close();
    });
  }
});
