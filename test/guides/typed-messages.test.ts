import { strict as assert } from 'node:assert';
import { pathToFileURL } from 'node:url';
import path from 'node:path';

import { connect } from '../../lib/index.js';
import { describeGuide } from '../support/page-programs.js';
import type { Program } from '../support/program.js';

async function urlOf(server: Program): Promise<string> {
  const [, port] = await server.prints(/port: (\d+)/);
  return `ws://localhost:${port!}/`;
}

describeGuide('typed-messages', [], (guide) => {
  it('compiles, and the client prints the answers as on the page', async () => {
    const args = [await urlOf(guide.start('server.mts'))];
    assert.equal(await guide.run('client.mts', { args }), guide.fragment(/The client prints:/));
  });

  it('a binary message of another size closes the connection', async () => {
    const connection = await connect(await urlOf(guide.start('server.mts')));
    await connection.send(new Uint8Array(19));
    const { code, reason } = await connection.closed;
    assert.deepEqual({ code, reason }, { code: 1007, reason: 'a position has 20 bytes, not 19' });
  });

  it('a text that is no JSON is refused, and the connection stays open', async () => {
    const connection = await connect(await urlOf(guide.start('server.mts')));
    const reasons: unknown[] = [];
    for (const text of ['{', 'null', '{"type":"greet","name":""}']) await connection.send(text);
    for await (const message of connection) {
      reasons.push((JSON.parse(message as string) as { type: string }).type);
      if (reasons.length === 3) await connection.close();
    }
    assert.deepEqual(reasons, ['refusal', 'refusal', 'refusal']);
  });

  it('samples are read at any offset', async () => {
    guide.compile();
    const file = pathToFileURL(path.join(guide.folder, 'position.mjs')).href;
    const { decodeSamples } = (await import(file)) as { decodeSamples(bytes: Uint8Array): Float32Array };
    const samples = new Float32Array([1.5, -2]);
    const message = Buffer.concat([Buffer.alloc(3), Buffer.from(samples.buffer)]).subarray(3);
    assert.deepEqual(decodeSamples(message), samples);
    assert.throws(() => decodeSamples(message.subarray(1)), RangeError);
  });
});
