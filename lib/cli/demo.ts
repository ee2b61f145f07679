/** The demonstration: `npm start`, `npm start -- --listen 8080`, `npm start -- --connect ws://…`. */
import { parseArgs } from 'node:util';

import { BufferType, CloseStatus, component } from '../component/index.js';
import { CLOSE_PATIENCE } from './closing.js';
import { listenForEcho } from './echo.js';
import type { EchoWatcher } from './echo.js';
import { Endpoint } from './endpoint.js';
import { Narrator } from './narrator.js';
import { introduce, serve, talk, watcherOf } from './live.js';
import { dial } from './upgrade.js';
import { explain, portOf, UsageError } from './usage.js';

const HELP = `Usage: npm start -- [OPTION]...

Shows the WebSocket Protocol Component at work. Without options: an echo server and a client in one
process, over a real socket on 127.0.0.1, every action printed as it is performed.

  --listen PORT      serve echo for any client until Ctrl-C
  --host HOST        the address to listen on (default: 127.0.0.1)
  --connect URL      talk to any server: each line of standard input is sent as a text message, the end of
                     the input closes the connection
  --message TEXT     with --connect: send this instead of standard input; may be repeated
  --subprotocol NAME with --connect: offer this subprotocol; may be repeated
  --quiet            print connections, messages and errors, not the actions
  --help             print this

Exit status: 0 when all went well, 1 when the connection failed or broke, 2 for a mistake in the arguments.`;

const SUBPROTOCOL = 'echo.demo';

interface Choices {
  readonly listen: string | undefined;
  readonly host: string;
  readonly connect: string | undefined;
  readonly messages: readonly string[] | undefined;
  readonly subprotocols: readonly string[];
  readonly isQuiet: boolean;
  readonly wantsHelp: boolean;
}

function choicesOf(args: readonly string[]): Choices {
  const { values } = parse(args);
  if (values.listen !== undefined && values.connect !== undefined) {
    throw new UsageError('--listen and --connect exclude each other');
  }
  if (values.connect === undefined && (values.message ?? values.subprotocol) !== undefined) {
    throw new UsageError('--message and --subprotocol need --connect');
  }
  return {
    listen: values.listen,
    host: values.host ?? '127.0.0.1',
    connect: values.connect,
    messages: values.message,
    subprotocols: values.subprotocol ?? [],
    isQuiet: values.quiet ?? false,
    wantsHelp: values.help ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        listen: { type: 'string' },
        host: { type: 'string' },
        connect: { type: 'string' },
        message: { type: 'string', multiple: true },
        subprotocol: { type: 'string', multiple: true },
        quiet: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** Runs a server and a client that send one message of each kind. */
async function showAll(narrator: Narrator, isQuiet: boolean): Promise<void> {
  const watcher = watcherOf(narrator, isQuiet);
  const where = { host: '127.0.0.1', port: 0, subprotocols: [SUBPROTOCOL] };
  let serverError: Error | undefined;
  const server = await listenForEcho(component, where, {
    ...watcher,
    closed: (who, error) => {
      serverError = error;
      watcher.closed?.(who, error);
    },
  });
  try {
    await exchange(narrator, watcher, `ws://127.0.0.1:${server.port}/`);
  } finally {
    await server.close();
  }
  if (serverError !== undefined) throw serverError;
  narrator.line();
  narrator.line(narrator.style('green', 'All came back as it was sent, and both sides closed with 1000.'));
}

async function exchange(narrator: Narrator, watcher: EchoWatcher, url: string): Promise<void> {
  narrator.heading(`Opening handshake with ${url}`);
  const opened = await dial(component, new URL(url), {
    subprotocols: ['other.demo', SUBPROTOCOL],
    onHeaders: (direction, headers) => watcher.headers?.('client', direction, headers),
  });
  const client = new Endpoint(opened.handle, opened.stream, (performed) =>
    watcher.action?.('client', performed),
  );
  try {
    expect(opened.subprotocol === SUBPROTOCOL, `the server chose ${opened.subprotocol ?? 'no subprotocol'}`);

    narrator.heading('A text message, and its echo');
    narrator.columns();
    const text = Buffer.from('Grüße, component!');
    await client.send(BufferType.Utf8Message, text);
    expectEcho(await message(client), BufferType.Utf8Message, text);

    narrator.heading('A binary message larger than the buffers: in slices out, in fragments in');
    const binary = Uint8Array.from({ length: 5000 }, (_, index) => index);
    const sent = client.send(BufferType.BinaryMessage, binary);
    expectEcho(await message(client), BufferType.BinaryMessage, binary);
    await sent;

    narrator.heading('One message in three fragments');
    const parts = ['one ', 'message, ', 'three frames'].map((part) => Buffer.from(part));
    await client.send(BufferType.Utf8Fragment, parts[0]);
    await client.send(BufferType.Utf8Fragment, parts[1]);
    await client.send(BufferType.Utf8Message, parts[2]);
    expectEcho(await message(client), BufferType.Utf8Message, Buffer.concat(parts));

    narrator.heading('A ping, which the other handle answers by itself');
    await client.send(BufferType.PingPong);
    const pong = await client.receive();
    expect(pong.type === BufferType.PingPong, `a pong was expected, not ${BufferType[pong.type]}`);

    narrator.heading('Closing handshake');
    await client.send(BufferType.Close, { status: CloseStatus.Success, reason: Buffer.from('that was all') });
    const { close } = await client.receive();
    expect(close?.status === CloseStatus.Success, `the server closed with ${close?.status ?? 'nothing'}`);
  } finally {
    await client.finish(CLOSE_PATIENCE);
  }
}

function expect(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise);
}

function expectEcho(received: { type: BufferType; data: Buffer }, type: BufferType, sent: Uint8Array): void {
  expect(received.type === type && received.data.equals(sent), 'what came back is not what was sent');
}

/** Puts the parts of the next message together. */
async function message(endpoint: Endpoint): Promise<{ type: BufferType; data: Buffer }> {
  const parts: Uint8Array[] = [];
  for (;;) {
    const { type, data, close } = await endpoint.receive();
    if (close !== undefined) throw new Error(`closed with ${close.status} where a message was expected`);
    parts.push(data);
    if (type === BufferType.Utf8Message || type === BufferType.BinaryMessage) {
      return { type, data: Buffer.concat(parts) };
    }
  }
}

async function main(): Promise<void> {
  const choices = choicesOf(process.argv.slice(2));
  if (choices.wantsHelp) {
    process.stdout.write(`${HELP}\n`);
    return;
  }
  const narrator = new Narrator(process.stdout);
  introduce(narrator);
  if (choices.listen !== undefined)
    await serve(narrator, { ...choices, port: portOf(choices.listen, '--listen') });
  else if (choices.connect !== undefined) await talk(narrator, { ...choices, url: choices.connect });
  else await showAll(narrator, choices.isQuiet);
}

main().catch((reason: unknown) => {
  const error = reason as Error;
  process.stderr.write(`error: ${explain(error)}\n`);
  if (error instanceof UsageError) process.stderr.write(`Try: npm start -- --help\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
});
