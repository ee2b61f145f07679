/** `wspc connect` and `wspc serve`. */
import type { Command } from '../vendor/commander.js';
import { serve, talk } from './live.js';
import type { Narrator } from './narrator.js';
import { collect, newCommand, portNumber } from './new-command.js';

interface ConnectChoices {
  readonly trace?: boolean;
  readonly message?: readonly string[];
  readonly subprotocol?: readonly string[];
}

export function connectCommand(narrator: Narrator): Command {
  return newCommand({
    name: 'connect <url>',
    summary: 'talk to a WebSocket server',
    text:
      'Talks to a WebSocket server: each line of standard input is sent as a text message, the end of the input or ' +
      'Ctrl-C closes the connection.',
    examples: [
      'wspc connect ws://localhost:8080/',
      'wspc connect wss://example.com/chat --subprotocol chat --trace',
      'echo hello | wspc connect ws://localhost:8080/',
    ],
  })
    .option('--trace', 'print every action as it is performed')
    .option('-m, --message <text>', 'send this instead of standard input; may be repeated', collect)
    .option('-s, --subprotocol <name>', 'offer this subprotocol; may be repeated', collect)
    .action((url: string, { trace, message, subprotocol }: ConnectChoices) =>
      talk(narrator, { url, messages: message, subprotocols: subprotocol ?? [], isQuiet: trace !== true }),
    );
}

interface ServeChoices {
  readonly port: number;
  readonly host: string;
  readonly trace?: boolean;
}

export function serveCommand(narrator: Narrator): Command {
  return newCommand({
    name: 'serve',
    summary: 'an echo server',
    text: 'An echo server: every message comes back. Ctrl-C closes the open connections with 1001 and ends it.',
    examples: ['wspc serve --port 8080', 'wspc serve --port 8080 --trace'],
  })
    .option('-p, --port <port>', 'the TCP port; 0 is any that is free', portNumber, 0)
    .option('--host <host>', 'the address to listen on', '127.0.0.1')
    .option('--trace', 'print every action as it is performed')
    .action(({ port, host, trace }: ServeChoices) =>
      serve(narrator, { host, port, isQuiet: trace !== true }),
    );
}
