/**
 * Loads other people's programs with their `ws` redirected to the drop-in, in a separate process. Prints the work
 * that they did, and the libraries that carried it.
 */
import { subscribe } from 'node:diagnostics_channel';
import Module, { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import type { Connection } from '../../../lib/index.js';
import * as ours from '../../../lib/ws/index.js';

/** The folder with the installed programs. It is not in dist/. */
export const FOLDER = path.resolve(__dirname, '../../../../test/ws/programs');
const DROP_IN = require.resolve('../../../lib/ws/index.js');

/** The work of a program, and the libraries that carried it. */
export interface Report {
  readonly did: readonly unknown[];
  /** The packages that asked for `ws`. */
  readonly redirected: readonly string[];
  /** Files of the package `ws` that were loaded all the same. */
  readonly foreign: readonly string[];
  /** Connections of this package, and their messages. */
  readonly connections: number;
  readonly messages: number;
}

const redirected = new Set<string>();
const connections: Connection[] = [];

interface Resolver {
  _resolveFilename(
    request: string,
    parent: { readonly filename?: string } | undefined,
    ...rest: unknown[]
  ): string;
}
const resolver = Module as unknown as Resolver;
const resolve = resolver._resolveFilename.bind(resolver);
resolver._resolveFilename = (request, parent, ...rest) => {
  if (request !== 'ws') return resolve(request, parent, ...rest);
  redirected.add(
    /.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(parent?.filename ?? '')?.[1] ?? 'nobody',
  );
  return DROP_IN;
};

subscribe('websocket-protocol-component:open', (event) => {
  connections.push((event as { connection: Connection }).connection);
});

const require_ = createRequire(path.join(FOLDER, 'package.json'));

/** Loads a CommonJS program. */
export function load(name: string): unknown {
  return require_(name);
}

/** Loads a program that has ES modules only. */
export function loadModule(name: string): Promise<unknown> {
  return import(pathToFileURL(require_.resolve(name)).href);
}

/** The drop-in, as in a program that has changed its import. */
export { ours };

/** Runs a program to its end and prints the report. */
export function report(run: () => Promise<unknown[]>): void {
  run().then(
    (did) => {
      const foreign = Object.keys(require.cache).filter((file) => /[\\/]node_modules[\\/]ws[\\/]/.test(file));
      const messages = connections.reduce(
        (sum, { counters }) => sum + counters.messagesReceived + counters.messagesSent,
        0,
      );
      const text: Report = {
        did,
        redirected: [...redirected].sort(),
        foreign,
        connections: connections.length,
        messages,
      };
      process.stdout.write(JSON.stringify(text), () => process.exit(0));
    },
    (error: unknown) => {
      process.stderr.write(inspect(error), () => process.exit(1));
    },
  );
}
