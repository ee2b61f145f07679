/** The output of `wspc bench`. */
import type { Narrator } from '../narrator.js';
import type { Latencies } from './latencies.js';

export interface BenchResult {
  readonly url: string;
  readonly connections: number;
  readonly size: number;
  readonly inFlight: number;
  readonly seconds: number;
  readonly latencies: Latencies;
}

const PERCENTILES = [50, 90, 99, 99.9] as const;
/** Characters of the longest bar. */
const BAR = 40;

const grouped = (number: number): string => Math.round(number).toLocaleString('en-US');

/** Three significant digits. */
function milliseconds(value: number): string {
  return `${value >= 100 ? value.toFixed(0) : value.toPrecision(3)} ms`;
}

export function jsonOf({ latencies, ...rest }: BenchResult): object {
  return {
    ...rest,
    messages: latencies.count,
    rate: latencies.count / rest.seconds,
    latency: {
      mean: latencies.mean,
      ...Object.fromEntries(PERCENTILES.map((percent) => [`p${percent}`, latencies.percentile(percent)])),
      max: latencies.max,
    },
    histogram: latencies.buckets(),
  };
}

export function printResult(narrator: Narrator, result: BenchResult): void {
  const { url, connections, size, inFlight, seconds, latencies } = result;
  const rate = latencies.count / seconds;
  const plural = connections === 1 ? '' : 's';
  narrator.line(`${url}: ${connections} connection${plural}, ${inFlight} in flight on each, ${size} bytes`);
  narrator.line();
  const row = (name: string, value: string): void =>
    narrator.line(`${narrator.style('dim', name.padEnd(10))}${value}`);
  row('messages', `${grouped(latencies.count)} in ${seconds.toFixed(1)} s`);
  row('rate', `${grouped(rate)} messages/s, ${((rate * size) / 1e6).toFixed(2)} MB/s each way`);
  for (const percent of PERCENTILES) row(`p${percent}`, milliseconds(latencies.percentile(percent)));
  row('max', milliseconds(latencies.max));
  narrator.line();
  const buckets = latencies.buckets();
  const most = Math.max(...buckets.map(({ count }) => count));
  for (const { from, to, count } of buckets) {
    const range = `${milliseconds(from)} to ${milliseconds(to)}`.padStart(22);
    const bar = '█'.repeat(Math.ceil((count / most) * BAR));
    narrator.line(`${range}  ${narrator.style('green', bar.padEnd(BAR))}  ${grouped(count)}`);
  }
}

/** One line that is printed again and again, on a terminal only. */
export function progressLine(seconds: number, of: number, messages: number): string {
  const done = Math.min(1, seconds / of);
  const bar = `${'█'.repeat(Math.round(done * 20))}${'░'.repeat(20 - Math.round(done * 20))}`;
  const rate = grouped(messages / Math.max(seconds, 0.001));
  return `${bar} ${seconds.toFixed(1)} of ${of} s, ${rate} messages/s`;
}
