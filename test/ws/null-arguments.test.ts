// Programs give null where `ws` takes it for nothing, and other values where `ws` throws.
import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import WebSocket from '../../lib/ws/index.js';
import { runPair, runRaw, same } from './as-ws.js';
import type { Library } from './as-ws.js';

/** The methods without the types of their arguments, as in JavaScript. */
interface Untyped {
  readonly send: (...args: unknown[]) => void;
  readonly ping: (...args: unknown[]) => void;
  readonly pong: (...args: unknown[]) => void;
}

describe('arguments and options that are null, side by side with ws', () => {
  same('null in place of options and callbacks', (library) =>
    runPair(library, {}, async ({ client, log }) => {
      const { send } = client as unknown as Untyped;
      await new Promise<void>((resolve) =>
        send.call(client, 'a', null, (error?: Error) => {
          log.push(['options null', error ?? 'sent']);
          resolve();
        }),
      );
      for (const none of [null, undefined, 0, false, '']) {
        send.call(client, 'b', {}, none);
        send.call(client, 'c', null, none);
      }
      client.close();
      send.call(client, 'late', null, null);
    }),
  );

  same('null in place of the callbacks of pings and pongs', (library) =>
    runPair(library, {}, ({ client }) => {
      const { ping, pong } = client as unknown as Untyped;
      for (const none of [null, undefined, 0, false, '']) {
        ping.call(client, 'd', undefined, none);
        pong.call(client, 'e', undefined, none);
      }
      client.close();
    }),
  );

  for (const none of [null, false, 0, '']) {
    const options = {
      perMessageDeflate: none,
      origin: none,
      generateMask: none,
      finishRequest: none,
    } as unknown as { perMessageDeflate: false };
    same(`${JSON.stringify(none)} in place of options`, (library) =>
      runPair(
        library,
        {
          client: options,
          server: {
            perMessageDeflate: none as false,
            verifyClient: none as unknown as undefined,
            path: none as unknown as undefined,
          },
        },
        ({ client, server, log }) => {
          log.push([client.extensions, server.extensions]);
          server.on('message', () => client.close());
          client.send('a');
        },
      ),
    );

    same(`${JSON.stringify(none)} in place of the message of a refusal`, (library) =>
      runRaw(
        library,
        { verifyClient: (_, answer) => answer(false, none === 0 ? 0 : 403, none as string) },
        async (socket, _, log) => {
          socket.write(
            'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
              'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
          );
          const [answer] = (await once(socket, 'data')) as [Buffer];
          log.push(answer.toString());
          socket.destroy();
        },
      ),
    );
  }

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
