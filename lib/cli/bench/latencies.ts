/** Latencies in bounded memory: percentiles by the histogram of node:perf_hooks, and few buckets to draw. */
import { createHistogram } from 'node:perf_hooks';

const NANOSECONDS = 1e6;

/** A row of a histogram. */
export interface Bucket {
  /** Milliseconds, from and below. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

export class Latencies {
  readonly #histogram = createHistogram();
  /** Counts by the power of two that the nanoseconds reach. */
  readonly #counts = new Map<number, number>();

  add(milliseconds: number): void {
    const nanoseconds = Math.max(1, Math.round(milliseconds * NANOSECONDS));
    this.#histogram.record(nanoseconds);
    const power = Math.floor(Math.log2(nanoseconds));
    this.#counts.set(power, (this.#counts.get(power) ?? 0) + 1);
  }

  get count(): number {
    return this.#histogram.count;
  }

  /** Milliseconds that this percentage of the latencies does not exceed. */
  percentile(percent: number): number {
    return this.#histogram.percentile(percent) / NANOSECONDS;
  }

  get mean(): number {
    return this.#histogram.mean / NANOSECONDS;
  }

  get max(): number {
    return this.#histogram.max / NANOSECONDS;
  }

  /** Rows from the shortest latency to the longest, each twice as long as the one before. */
  buckets(): Bucket[] {
    const powers = [...this.#counts.keys()];
    const rows: Bucket[] = [];
    for (let power = Math.min(...powers); power <= Math.max(...powers); power++) {
      const from = 2 ** power / NANOSECONDS;
      rows.push({ from, to: 2 * from, count: this.#counts.get(power) ?? 0 });
    }
    return rows;
  }
}
