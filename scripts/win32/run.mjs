// Runs a program. If it fails, prints its name, its status and its output.
import { spawnSync } from 'node:child_process';

import { repository } from './paths.mjs';

export function run(program, args, options = {}) {
  const result = spawnSync(program, args, {
    cwd: repository,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    ...options,
  });
  if (result.error !== undefined) throw new Error(`${program}: ${result.error.message}`);
  if (result.status !== 0) {
    const printed = `${result.stdout ?? ''}${result.stderr ?? ''}`;
    throw new Error(`${program} ${args.join(' ')}\nended with ${result.status ?? result.signal}\n${printed}`);
  }
  return result.stdout;
}

/** The first of the programs that starts, or null. */
export function find(...programs) {
  return (
    programs.find((program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined) ??
    null
  );
}
