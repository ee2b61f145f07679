/** What was seen while a bound held, for docs/reliability.md: `WSPC_FIGURES=file npm test` appends a line for each. */
import { appendFileSync } from 'node:fs';
import v8 from 'node:v8';
import vm from 'node:vm';

export function figure(attack: string, seen: string): void {
  const file = process.env['WSPC_FIGURES'];
  if (file !== undefined) appendFileSync(file, `${attack}: ${seen}\n`);
}

let collect: (() => void) | null = null;

/** Bytes that are in use after a collection: JavaScript's heap and what buffers hold outside of it. */
export function memoryInUse(): number {
  if (collect === null) {
    v8.setFlagsFromString('--expose-gc');
    collect = vm.runInNewContext('gc') as () => void;
  }
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

export function mebibytes(bytes: number): string {
  return `${(bytes / (1 << 20)).toFixed(1)} MiB`;
}
