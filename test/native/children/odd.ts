/**
 * Makes the component give answers that the notes do not allow (test/stand-in/oddities.h), one at a time. For each it
 * prints the data that was delivered before, the error, the error of the next call, and whether another session still
 * works.
 */
import { ActionQueue, BufferType, ComponentError, loadNative } from '../../../lib/component/index.js';
import type { ActionResult, SessionHandle } from '../../../lib/component/index.js';
import { openSession } from '../../../lib/session/index.js';
import { bytesOf, indicationOf, openPair } from '../../support/open-pair.js';

const component = loadNative();

function frame(first: number, payload: string): Buffer {
  const bytes = Buffer.from(payload);
  return Buffer.concat([Buffer.from([first, 0x80 | bytes.length, 0, 0, 0, 0]), bytes]);
}

/** The result of a call while the next fitting answer is odd. */
function result(call: () => unknown): string {
  try {
    return String(call());
  } catch (error) {
    return error instanceof ComponentError ? error.code : String(error);
  }
}

function isOdd(): string {
  const left = process.env['STAND_IN_ODD'];
  delete process.env['STAND_IN_ODD'];
  return left === undefined ? '' : ' (not reached)';
}

/** Tests that a second session in the same process works. */
function exchange(): void {
  const { client, server } = openPair(component);
  client.send(BufferType.Utf8Message, Buffer.from('a message'));
  server.receive();
  const { buffers } = indicationOf(server, bytesOf(client));
  if (Buffer.concat(buffers).toString() !== 'a message') throw new Error('another message');
  client.delete();
  server.delete();
}

const DRIVERS = ['auto', 'action-loop'] as const;

for (const oddity of [
  'action=5',
  'action=0xFFFFFFFF',
  'type=0x200',
  'type=0x7FFFFFFF',
  'type=0x80000007',
  'nothing',
  'null',
  'buffers=4000000000',
  'context',
]) {
  for (const driver of DRIVERS) {
    const { server } = openPair(component);
    const session = openSession(server, { driver });
    const seen: string[] = [];
    const sink = {
      data: (_type: number, bytes: Uint8Array, start: number, end: number) => {
        seen.push(Buffer.from(bytes.subarray(start, end)).toString());
      },
      pong: () => void seen.push('pong'),
      close: () => void seen.push('close'),
    };
    session.receive(frame(0x81, 'one'), sink);
    process.env['STAND_IN_ODD'] = oddity;
    seen.push(result(() => session.receive(Buffer.concat([frame(0x81, 'two'), frame(0x81, 'three')]), sink)));
    const reached = isOdd();
    seen.push(result(() => session.receive(frame(0x81, 'four'), sink)));
    process.stdout.write(`${oddity} receive ${driver}: ${seen.join(' ')}${reached}\n`);
    server.abort();
    server.delete();
    exchange();
  }
}

for (const oddity of [
  'action=5',
  'action=3',
  'failure=0x80070057',
  'buffers=4000000000',
  'null',
  'context',
]) {
  for (const driver of DRIVERS) {
    const { server } = openPair(component);
    const session = openSession(server, { driver });
    process.env['STAND_IN_ODD'] = oddity;
    const send = (text: string): string => {
      const outcome = result(() => session.send(BufferType.Utf8Message, Buffer.from(text)));
      return session.isBroken === true ? `${outcome}, broken,` : outcome;
    };
    const seen = [send('one')];
    const reached = isOdd();
    seen.push(send('two'));
    const output = Buffer.concat(session.takeOutput()).toString('hex');
    process.stdout.write(`${oddity} send ${driver}: ${`${seen.join(' ')}${reached} ${output}`.trimEnd()}\n`);
    server.delete();
    exchange();
  }
}

/** An action in the form of the contract. */
function shown({ action, bufferType, buffers, close }: ActionResult): string {
  return `${action} ${bufferType} ${buffers.map((buffer) => buffer.byteLength).join('+')} ${close === undefined ? '' : 'close'}`.trim();
}

for (const oddity of [
  'action=5',
  'type=0x7FFFFFFF',
  'type=0x80000004',
  'buffers=4000000000',
  'null',
  'context',
]) {
  const { client, server } = openPair(component);
  client.send(BufferType.Utf8Message, Buffer.from('one'));
  const bytes = bytesOf(client);
  const ask = (handle: SessionHandle): string =>
    result(() => {
      process.env['STAND_IN_ODD'] = oddity;
      const answer = handle.getAction(ActionQueue.All);
      const text = shown(answer);
      if (answer.actionContext !== null) handle.completeAction(answer.actionContext, 0);
      return text;
    });
  server.receive();
  const { actionContext, buffers } = server.getAction(ActionQueue.Receive);
  buffers[0]!.set(bytes);
  server.completeAction(actionContext, bytes.length);
  const received = ask(server);
  const sent = result(() => server.send(BufferType.Utf8Message, Buffer.from('two')));
  process.stdout.write(`${oddity} contract: ${received}, ${sent}, ${ask(server)}${isOdd()}\n`);
  server.delete();
  client.delete();
  exchange();
}

for (const oddity of ['subprotocol=7', 'extension=7', 'extensions=4000000000', 'extensions=1']) {
  const client = component.createClientHandle();
  const server = component.createServerHandle();
  const request = [
    ...client.beginClientHandshake({ subprotocols: ['chat'], extensions: ['x'] }),
    { name: 'Host', value: 'x' },
  ];
  const response = server.beginServerHandshake({
    requestHeaders: request,
    selectedSubprotocol: 'chat',
    selectedExtensions: ['x'],
  });
  process.env['STAND_IN_ODD'] = oddity;
  process.stdout.write(
    `${oddity}: ${result(() => JSON.stringify(client.endClientHandshake(response)))}${isOdd()}\n`,
  );
  exchange();
}
