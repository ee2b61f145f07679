import assert from 'node:assert/strict';
import { ReadableStream } from 'node:stream/web';
import { leavesNothing } from '../support/leaks.js';
import { openEnds } from '../support/open.js';

describe('web streams of a connection that ends', () => {
  leavesNothing();
  for (const [name, code] of [
    ['closed by the peer', 'ERR_CLOSED'],
    ['cut by the peer', 'ERR_CONNECTION_LOST'],
  ] as const) {
    it(`${name}: an idle pipe into the writable ends and cancels its source`, async () => {
      const { client, server, end } = await openEnds();
      let reason: unknown;
      const source = new ReadableStream<string>({
        cancel(why) {
          reason = why;
        },
      });
      const piped = assert.rejects(source.pipeTo(client.writable), { code });
      if (code === 'ERR_CLOSED') await server.close();
      else server.terminate();
      await piped;
      assert.equal((reason as { code: string }).code, code);
      await end();
    });

    it(`${name}: the writer and the reader settle without a call`, async () => {
      const { client, server, end } = await openEnds();
      const writer = client.writable.getWriter();
      const reader = client.readable.getReader();
      const written = assert.rejects(writer.closed, { code });
      const read = code === 'ERR_CLOSED' ? reader.closed : assert.rejects(reader.closed, { code });
      if (code === 'ERR_CLOSED') await server.close();
      else server.terminate();
      await Promise.all([written, read]);
      await end();
    });

    it(`${name}: messages that wait are read first`, async () => {
      const { client, server, end } = await openEnds();
      const reader = client.readable.getReader();
      void server.send('a');
      void server.send('b');
      await server.ping();
      if (code === 'ERR_CLOSED') await server.close();
      else server.terminate();
      await client.closed;
      assert.equal((await reader.read()).value, 'a');
      assert.equal((await reader.read()).value, 'b');
      if (code === 'ERR_CLOSED') await reader.closed;
      else await assert.rejects(reader.closed, { code });
      await end();
    });
  }
});
