import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/** Runs one of the programs of `children/` to its end. Its output goes to a file, since Wine needs that. */
export function runChild(
  name: string,
  args: readonly string[] = [],
  { flags = [], host = process.execPath }: { flags?: readonly string[]; host?: string } = {},
): Ended {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'wspc-'));
  try {
    const log = path.join(folder, 'log');
    const descriptor = openSync(log, 'w');
    const script = path.join(__dirname, 'children', `${name}.js`);
    const { status, signal } = spawnSync(host, [...flags, script, ...args], {
      stdio: ['ignore', descriptor, descriptor],
    });
    closeSync(descriptor);
    return { status, signal, output: readFileSync(log, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
