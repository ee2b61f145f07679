/** Writes the measured figures for docs/reliability.md: `WSPC_FIGURES=file npm test` appends a line for each. */
import { appendFileSync } from 'node:fs';
import v8 from 'node:v8';
import vm from 'node:vm';

export function figure(attack: string, seen: string): void {
  const file = process.env['WSPC_FIGURES'];
  if (file !== undefined) appendFileSync(file, `${attack}: ${seen}\n`);
}

/** Bytes. If two collections differ by less, the second has freed nothing more. */
const NOISE = 64 * 1024;

let collect: (() => void) | null = null;

/**
 * Bytes in use after garbage collection: JavaScript's heap and the memory of buffers outside of it. The memory of an
 * unused buffer counts until the next collection. So this collects until no more memory is freed.
 */
export function memoryInUse(): number {
  if (collect === null) {
    v8.setFlagsFromString('--expose-gc');
    collect = vm.runInNewContext('gc') as () => void;
  }
  let least = Infinity;
  for (;;) {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    const now = heapUsed + external;
    if (now > least - NOISE) return Math.min(now, least);
    least = now;
  }
}

export function mebibytes(bytes: number): string {
  return `${(bytes / (1 << 20)).toFixed(1)} MiB`;
}
