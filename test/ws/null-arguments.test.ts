// Programs give null where `ws` takes it for nothing, and other values where `ws` throws.
import { strict as assert } from 'node:assert';
import WebSocket from '../../lib/ws/index.js';
import { runPair, same } from './as-ws.js';
import type { Library } from './as-ws.js';

/** The methods without the types of their arguments, as in JavaScript. */
interface Untyped {
  readonly send: (...args: unknown[]) => void;
  readonly ping: (...args: unknown[]) => void;
  readonly pong: (...args: unknown[]) => void;
}

describe('arguments of a send that are null, side by side with ws', () => {
  same('null in place of options and callbacks', (library) =>
    runPair(library, {}, async ({ client, log }) => {
      const { send, ping, pong } = client as unknown as Untyped;
      await new Promise<void>((resolve) =>
        send.call(client, 'a', null, (error?: Error) => {
          log.push(['options null', error ?? 'sent']);
          resolve();
        }),
      );
      for (const none of [null, undefined, 0, false, '']) {
        send.call(client, 'b', {}, none);
        send.call(client, 'c', null, none);
        ping.call(client, 'd', undefined, none);
        pong.call(client, 'e', undefined, none);
      }
      client.close();
      send.call(client, 'late', null, null);
    }),
  );

  it('a callback that is no function is a TypeError of the call, and no uncaught exception', async () => {
    await runPair(WebSocket as unknown as Library, {}, ({ client }) => {
      const { send, ping, pong } = client as unknown as Untyped;
      for (const value of [5, 'utf8', {}, true, Symbol('callback')]) {
        const refused = { name: 'TypeError', message: 'the callback of a send must be a function' };
        assert.throws(() => send.call(client, 'a', {}, value), refused);
        assert.throws(() => ping.call(client, 'a', true, value), refused);
        assert.throws(() => pong.call(client, 'a', true, value), refused);
      }
      client.close();
    });
  });
});
