/** `wspc serve`. */
import type { Command } from '../vendor/commander.js';
import { serve } from './live.js';
import type { Narrator } from './narrator.js';
import { newCommand, portNumber } from './new-command.js';

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
