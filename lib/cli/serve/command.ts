/** `wspc serve`. */
import { readFileSync } from 'node:fs';
import { listen } from '../../opening/index.js';
import type { ListenOptions, Server } from '../../opening/index.js';
import type { Command } from '../../vendor/commander.js';
import { serve as serveTraced } from '../live.js';
import type { Narrator } from '../narrator.js';
import { collect, newCommand, portNumber, wholeNumber } from '../new-command.js';
import { UsageError } from '../usage.js';
import { visible } from '../visible.js';
import { makeCertificate } from './certificate.js';
import { endCommands, execHandler } from './exec.js';
import { filesOf } from './files.js';
import { gateOf, UNAUTHORIZED } from './gate.js';
import { chat, echo } from './handlers.js';
import type { Handler } from './handlers.js';

interface ServeChoices {
  readonly port?: number;
  readonly host: string;
  readonly unix?: string;
  readonly chat?: boolean;
  readonly exec?: string;
  readonly binary?: boolean;
  readonly static?: string;
  readonly subprotocol?: readonly string[];
  readonly origin?: readonly string[];
  readonly auth?: string;
  readonly maxConnections?: number;
  readonly tls?: boolean;
  readonly cert?: string;
  readonly key?: string;
  readonly deflate?: boolean;
  readonly quiet?: boolean;
  readonly trace?: boolean;
}

const HELP = 'wspc serve --help';

/** Milliseconds that clients have for their part of a close when the server stops. */
const STOP_PATIENCE = 2000;

const NOTES = `Messages are the lines of the command's input, and the lines of its output are messages. Its environment has REMOTE_ADDR,
REQUEST_URI, QUERY_STRING and HTTP_... as in CGI. When it ends, the connection is closed: with 1000, or with 1011 if it failed.
With a command, pages of other origins than this server's may connect only if --origin names them.

Exit status: 0 after Ctrl-C or SIGTERM, 1 when the server cannot start, 2 a mistake in the arguments.`;

export function serveCommand(narrator: Narrator): Command {
  return newCommand({
    name: 'serve [command...]',
    summary: 'an echo server, a chat, or a command for each connection',
    text:
      'Serves WebSockets until Ctrl-C: every message comes back, or goes to all others, or to a command that is run for ' +
      'each connection.',
    examples: [
      'wspc serve --port 8080',
      'wspc serve --port 8080 --chat --static public',
      'wspc serve --port 8080 -- grep --line-buffered needle',
      "wspc serve --port 8080 --tls --exec 'while read line; do date; done'",
      'wspc serve --port 8080 --trace',
    ],
    notes: NOTES,
  })
    .optionsGroup('What it does:')
    .option('--chat', 'send every message to all others')
    .option('--exec <command>', 'run this command of the shell for each connection')
    .option('-b, --binary', 'with a command: bytes as they come, not lines')
    .option('--static <folder>', 'answer HTTP requests with the files of this folder')
    .optionsGroup('Where:')
    .option('-p, --port <port>', 'the TCP port (default: 0, any that is free)', portNumber)
    .option('--host <host>', 'the address to listen on', '127.0.0.1')
    .option('--unix <path>', 'listen on this unix socket')
    .option('--tls', 'wss:, with a certificate that is made now')
    .option('--cert <file>', 'wss:, with this certificate (PEM)')
    .option('--key <file>', 'the key of the certificate (PEM)')
    .optionsGroup('Who:')
    .option('--auth <user:password>', 'ask for basic authorization')
    .option(
      '-o, --origin <origin>',
      'pages of this origin may connect, or of all: *; may be repeated',
      collect,
    )
    .option('-s, --subprotocol <name>', 'a subprotocol of this server; may be repeated', collect)
    .option('--max-connections <number>', 'the most at a time', wholeNumber(1))
    .option('--deflate', 'compress for clients that offer it (permessage-deflate)')
    .optionsGroup('Output:')
    .option('-q, --quiet', 'tell nothing but errors')
    .option('--trace', 'print every action of the component as it is performed; an echo server')
    .action((words: readonly string[], choices: ServeChoices) => run(narrator, words, choices));
}

/** Options that also work with `--trace`. */
const TRACEABLE = new Set(['port', 'host', 'trace']);

async function run(narrator: Narrator, words: readonly string[], choices: ServeChoices): Promise<void> {
  if (choices.trace === true) {
    if (words.length > 0 || Object.keys(choices).some((name) => !TRACEABLE.has(name)))
      throw new UsageError('--trace takes no options but --port and --host', HELP);
    await serveTraced(narrator, { host: choices.host, port: choices.port ?? 0, isQuiet: false });
    return;
  }
  check(words, choices);
  const tell = (text: string): void => {
    if (choices.quiet !== true) narrator.line(visible(text));
  };
  const handler = handlerOf(words, choices, (text) => process.stderr.write(`${visible(text)}\n`));
  const isCommand = choices.exec !== undefined || words.length > 0;
  const gate = gateOf({ auth: choices.auth, origins: choices.origin ?? (isCommand ? undefined : ['*']) });
  const files = choices.static === undefined ? undefined : await filesOf(choices.static);
  const tls = await tlsOf(choices, tell);
  const server: Server = await listen(listenOptionsOf(choices, tls, gate), (connection, request) =>
    handler(connection, request, server),
  );
  if (files !== undefined) {
    // The files replace the answer 426.
    server.httpServer.removeAllListeners('request');
    server.httpServer.on('request', (request, response) => {
      if (gateOf({ auth: choices.auth, origins: ['*'] })(request) === true) files(request, response);
      else response.writeHead(401, UNAUTHORIZED.headers as Record<string, string>).end();
    });
  }
  log(server, tell);
  for (const line of addressesOf(server, choices, tls !== undefined)) narrator.line(line);
  await untilSignal();
  tell('closing');
  const closing = server.close();
  endCommands();
  await closing;
}

function check(words: readonly string[], choices: ServeChoices): void {
  const { chat: isChat, exec, binary, unix, port, tls, cert, key, auth } = choices;
  const ways = [isChat === true && '--chat', exec !== undefined && '--exec', words.length > 0 && 'a command'];
  const [one, other] = ways.filter((way) => way !== false);
  if (one !== undefined && other !== undefined)
    throw new UsageError(`${one} and ${other} exclude each other`, HELP);
  if (words.length === 1 && /^\d+$/.test(words[0]!))
    throw new UsageError(`"${words[0]!}" is no command; for a port use --port ${words[0]!}`, HELP);
  if (exec === '') throw new UsageError('--exec takes a command', HELP);
  if (binary === true && exec === undefined && words.length === 0)
    throw new UsageError('-b needs a command', HELP);
  if (unix !== undefined && port !== undefined)
    throw new UsageError('--unix and --port exclude each other', HELP);
  if ((cert === undefined) !== (key === undefined))
    throw new UsageError('--cert and --key need each other', HELP);
  if (tls === true && cert !== undefined)
    throw new UsageError('--tls makes a certificate; --cert names one', HELP);
  if (auth !== undefined && !/^[^:]+:/.test(auth)) throw new UsageError('--auth takes user:password', HELP);
}

function handlerOf(words: readonly string[], choices: ServeChoices, note: (text: string) => void): Handler {
  const [program, ...args] = words;
  const command = choices.exec ?? (program === undefined ? undefined : ([program, ...args] as const));
  if (command !== undefined) return execHandler({ command, isBinary: choices.binary === true, note });
  return choices.chat === true ? chat : echo;
}

async function tlsOf(
  { tls, cert, key, host }: ServeChoices,
  tell: (text: string) => void,
): Promise<ListenOptions['tls']> {
  if (cert !== undefined && key !== undefined) {
    try {
      return { cert: readFileSync(cert), key: readFileSync(key) };
    } catch (error) {
      throw new UsageError(`--cert, --key: ${(error as Error).message}`, HELP);
    }
  }
  if (tls !== true) return undefined;
  const made = await makeCertificate(host);
  tell(`certificate made now, clients need -k: SHA-256 ${made.fingerprint}`);
  return { cert: made.cert, key: made.key };
}

function listenOptionsOf(
  choices: ServeChoices,
  tls: ListenOptions['tls'],
  verifyClient: NonNullable<ListenOptions['verifyClient']>,
): ListenOptions {
  const { port = 0, host, unix, subprotocol, maxConnections, deflate } = choices;
  return {
    ...(unix === undefined ? { port, host } : { socketPath: unix }),
    ...(tls !== undefined && { tls }),
    ...(subprotocol !== undefined && { protocols: subprotocol }),
    ...(maxConnections !== undefined && { maxConnections }),
    ...(deflate === true && { perMessageDeflate: true }),
    verifyClient,
    closeTimeout: STOP_PATIENCE,
  };
}

/** Logs the events of connections. They are numbered in the order in which they open. */
function log(server: Server, tell: (text: string) => void): void {
  let number = 0;
  server.on('connection', (connection, request) => {
    const who = `server ${++number}`.padEnd(11);
    const from = request.socket.remoteAddress;
    tell(`${who}opened ${request.url ?? ''}${from === undefined ? '' : ` from ${from}`}`);
    connection.on('close', ({ code, reason, error }) => {
      const why = error === undefined ? `${code} ${reason}`.trimEnd() : error.message;
      tell(`${who}closed ${why}`);
    });
  });
  server.on('refused', (error) => tell(`refused: ${error.message}`));
}

function addressesOf(
  server: Server,
  { unix, static: folder, host }: ServeChoices,
  isSecure: boolean,
): string[] {
  const s = isSecure ? 's' : '';
  if (unix !== undefined) return [`listening on ws${s}+unix:${unix}:/ until Ctrl-C`];
  const { port } = server.address() as { port: number };
  const at = `${host.includes(':') ? `[${host}]` : host}:${port}/`;
  return [
    `listening on ws${s}://${at} until Ctrl-C`,
    ...(folder === undefined ? [] : [`files of ${folder} on http${s}://${at}`]),
  ];
}

/** Resolves at the first SIGINT or SIGTERM. A second one ends the process. */
async function untilSignal(): Promise<void> {
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(1));
        resolve();
      });
    }
  });
}
