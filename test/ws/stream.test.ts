import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { runClient, runPair, same, tell } from './as-ws.js';
import type { Log, PairOptions, Test } from './as-ws.js';

function watchStream(log: Log, stream: Duplex): Duplex {
  for (const event of ['end', 'finish', 'error', 'close'])
    stream.on(event, (...args: unknown[]) =>
      log.push(['stream', event, ...args.map(tell), stream.destroyed]),
    );
  return stream;
}

const pairs: readonly (readonly [title: string, options: PairOptions, test: Test])[] = [
  [
    'carries bytes both ways, and waits for the reader',
    {},
    async ({ library, client, server, log }) => {
      const echo = library.createWebSocketStream(server);
      echo.pipe(echo);
      const stream = watchStream(log, library.createWebSocketStream(client));
      let length = 0;
      for (let count = 0; count < 100; count++) stream.write(Buffer.alloc(16_384, count));
      for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
        length += (chunk as Buffer).byteLength;
        if (length === 1_638_400) break;
      }
      log.push(length);
      stream.end();
      stream.resume();
    },
  ],
  [
    'reads text as strings in object mode',
    {},
    async ({ library, client, server, log }) => {
      const stream = watchStream(log, library.createWebSocketStream(client, { readableObjectMode: true }));
      stream.on('data', (chunk) => log.push(tell(chunk)));
      server.send('text');
      server.send(Buffer.from('bytes'));
      server.close();
      await once(stream, 'end');
      stream.end();
    },
  ],
  [
    'writes strings in their encoding',
    {},
    async ({ library, client, server }) => {
      const stream = library.createWebSocketStream(client, { decodeStrings: false });
      stream.write('text');
      stream.write('more');
      await once(server, 'message');
      stream.end();
      stream.resume();
    },
  ],
  [
    'is destroyed',
    {},
    ({ library, client, log }) => {
      watchStream(log, library.createWebSocketStream(client)).destroy();
    },
  ],
  [
    'is destroyed with an error',
    {},
    ({ library, client, log }) => {
      watchStream(log, library.createWebSocketStream(client)).destroy(new Error('enough'));
    },
  ],
  [
    'writes when it is too late',
    {},
    ({ library, client, log }) => {
      const stream = watchStream(log, library.createWebSocketStream(client));
      client.close();
      stream.write('late');
    },
  ],
  [
    'fails with its socket',
    {},
    ({ library, client, server, log }) => {
      const stream = watchStream(log, library.createWebSocketStream(client));
      stream.resume();
      (server as unknown as { _socket: Duplex })._socket.write(Buffer.from([0x85, 0x00]));
    },
  ],
  [
    'has functions that need no stream',
    {},
    async ({ library, client, server, log }) => {
      const stream = watchStream(log, library.createWebSocketStream(client));
      const { _read: read, _write: write, _final: final } = stream;
      Reflect.apply(read, undefined, []);
      Reflect.apply(write, undefined, [Buffer.from('bytes'), 'buffer', () => log.push('written')]);
      await once(server, 'message');
      Reflect.apply(final, undefined, [() => log.push('final')]);
      stream.resume();
      await once(stream, 'end');
      stream.destroy();
    },
  ],
];

describe('streams of the drop-in, side by side with those of ws', () => {
  for (const [title, options, test] of pairs) same(title, (library) => runPair(library, options, test));

  same('write and end while connecting', async (library) => {
    const log: Log = [];
    const result = await runPair(library, {}, ({ client, server }) => {
      server.on('message', () => server.close(1000));
      const other = new library.WebSocket(client.url);
      const stream = watchStream(log, library.createWebSocketStream(other));
      stream.end('early');
      stream.resume();
      stream.on('close', () => client.close());
    });
    return [...result, ...log];
  });

  same('fail where there is no connection', async (library) => {
    const log: Log = [];
    const result = await runClient(
      library,
      {},
      (_, socket) => socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'),
      [],
      (client) => {
        const stream = watchStream(log, library.createWebSocketStream(client));
        stream.end('never');
      },
    );
    return [...result, ...log];
  });
});
