/** The load in C (`load.c`): compiles it once, and starts it. */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const folder = fileURLToPath(new URL('../../.cache/', import.meta.url));
const program = `${folder}bench-load`;
let isCompiled = null;

/** Whether the load is there. It needs Linux and a C compiler. */
export function hasLoad() {
  if (isCompiled === null) {
    mkdirSync(folder, { recursive: true });
    const source = fileURLToPath(new URL('../load.c', import.meta.url));
    isCompiled =
      process.platform === 'linux' &&
      spawnSync('cc', ['-O2', '-o', program, source], { stdio: ['ignore', 2, 2] }).status === 0;
  }
  return isCompiled;
}

/** Runs the load, and returns the figures that it prints. */
export async function load(...parameters) {
  const { stdout } = await run(program, parameters.map(String));
  return JSON.parse(stdout);
}

/** Starts the load. It runs until its input ends or it is killed. */
export function startLoad(...parameters) {
  return spawn(program, parameters.map(String), { stdio: ['pipe', 'pipe', 'inherit'] });
}
