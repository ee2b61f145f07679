/** The echo server and the client behind `npm start`, `wspc serve` and `wspc connect`. */
import readline from 'node:readline';

import { BufferType, CloseStatus, component } from '../component/index.js';
import type { HttpHeader } from '../component/index.js';
import { answerClose, CLOSE_PATIENCE, complain } from './closing.js';
import { listenForEcho } from './echo.js';
import type { EchoWatcher } from './echo.js';
import { Endpoint } from './endpoint.js';
import type { Narrator } from './narrator.js';
import { whyThisBackend } from './provenance.js';
import { dial, webSocketUrl } from './upgrade.js';

/** Options of both. */
export interface LiveOptions {
  /** Print connections, messages and errors, not the actions. */
  readonly isQuiet: boolean;
}

/** Says which backend answers, and why. */
export function introduce(narrator: Narrator): void {
  const backend = narrator.style('bold', component.backend);
  narrator.line(`WebSocket Protocol Component, ${backend} backend: ${whyThisBackend()}`);
}

/** A watcher of an echo server that prints each event. */
export function watcherOf(narrator: Narrator, isQuiet: boolean): EchoWatcher {
  return {
    headers: (who, direction, headers) => {
      if (!isQuiet) printHeaders(narrator, who, direction, headers);
    },
    opened: (who, url, subprotocol) =>
      narrator.note(who, `opened ${url}${subprotocol === undefined ? '' : `, subprotocol ${subprotocol}`}`),
    action: (who, performed) => {
      if (!isQuiet) narrator.action(who, performed);
    },
    closed: (who, error) =>
      narrator.note(who, error === undefined ? 'closed' : narrator.style('red', `closed: ${error.message}`)),
  };
}

function printHeaders(
  narrator: Narrator,
  who: string,
  direction: 'request' | 'response',
  headers: readonly HttpHeader[],
): void {
  for (const { name, value } of headers) {
    narrator.note(who, `${direction.padEnd(9)} ${narrator.style('dim', `${name}: ${value}`)}`);
  }
}

/** Serves echo until SIGINT or SIGTERM. */
export async function serve(
  narrator: Narrator,
  { host, port, isQuiet }: LiveOptions & { readonly host: string; readonly port: number },
): Promise<void> {
  const server = await listenForEcho(component, { host, port: port }, watcherOf(narrator, isQuiet));
  const shownHost = host.includes(':') ? `[${host}]` : host;
  narrator.line(`listening on ws://${shownHost}:${server.port}/ until Ctrl-C`);
  if (!isQuiet) narrator.columns();
  await new Promise((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  narrator.line('closing');
  await server.close();
}

/** Sends lines and prints the answers, until either side closes. */
export async function talk(
  narrator: Narrator,
  choices: LiveOptions & {
    readonly url: string;
    /** Sent instead of standard input. */
    readonly messages: readonly string[] | undefined;
    readonly subprotocols: readonly string[];
  },
): Promise<void> {
  const url = webSocketUrl(choices.url);
  const { handle, stream, subprotocol } = await dial(component, url, {
    subprotocols: choices.subprotocols,
    onHeaders: (direction, headers) => {
      if (!choices.isQuiet) printHeaders(narrator, 'client', direction, headers);
    },
  });
  narrator.note('client', `opened${subprotocol === undefined ? '' : `, subprotocol ${subprotocol}`}`);
  if (!choices.isQuiet) narrator.columns();
  const client = new Endpoint(handle, stream, (performed) => {
    if (!choices.isQuiet) narrator.action('client', performed);
  });

  const lines =
    choices.messages === undefined ? readline.createInterface({ input: process.stdin }) : undefined;
  const sending = sendAll(client, choices.messages ?? lines!);
  const receiving = printAll(client, narrator, choices.isQuiet)
    // This comes before the end of the lines, which would close with 1000 like the end of the input.
    .catch(async (error: unknown) => {
      await complain(client, error);
      throw error;
    })
    .finally(() => lines?.close());
  try {
    // A failed send also ends the receiving, whose error is the better explanation.
    await Promise.all([receiving, sending]);
  } finally {
    process.stdin.pause();
    await client.finish(CLOSE_PATIENCE);
  }
}

async function sendAll(client: Endpoint, texts: Iterable<string> | AsyncIterable<string>): Promise<void> {
  for await (const text of texts) {
    if (client.closeSent) return;
    await client.send(BufferType.Utf8Message, Buffer.from(text));
  }
  if (!client.closeSent) await client.send(BufferType.Close, { status: CloseStatus.Success });
}

async function printAll(client: Endpoint, narrator: Narrator, isQuiet: boolean): Promise<void> {
  for (;;) {
    const indication = await client.receive();
    if (isQuiet) narrator.indication('client', indication);
    if (indication.type !== BufferType.Close) continue;
    await answerClose(client, indication.close);
    return;
  }
}
