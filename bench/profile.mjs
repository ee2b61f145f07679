/**
 * Where the time of a contender goes: `npm run bench -- --profile NAMES [--contender NAME]`. perf samples the measured
 * process, all of its threads, the kernel included. Without perf V8's own profile is used, which sees JavaScript and the
 * garbage collector only.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { folder, root } from './peers.mjs';

const FREQUENCY = 1999;
export const SHARES = {
  kernel: 'kernel',
  node: "libuv, Node's C++",
  nodeScript: "Node's JavaScript",
  zlib: 'zlib',
  tls: 'OpenSSL',
  collector: 'garbage collector',
  v8: 'V8, other',
  program: 'the echo program',
  peer: 'the peer',
  ours: 'ours',
  native: 'kernel and C++, undivided',
};

/** Shares of JavaScript by the file it comes from. */
function scriptShare(place) {
  if (place.includes('node:')) return 'nodeScript';
  if (place.includes(path.join(root, 'dist'))) return 'ours';
  if (place.includes(path.join(folder, 'node_modules'))) return 'peer';
  if (place.includes(folder)) return 'program';
  return 'v8';
}

/** Shares of functions of the `node` program by their names. Built-ins of V8 have none: their caller decides. */
const NATIVE_SHARES = [
  [
    /^(deflate|inflate|longest_match|fill_window|compress_block|gen_|build_|_tr_|insert_string|adler32|crc32|slide_hash|chunk)/i,
    'zlib',
  ],
  [
    /^(_?aes|_?gcm|gcm_|EVP_|ossl_|SSL_|tls|ssl|CRYPTO_|BIO_|mem_write|sha\d|OPENSSL_|ERR_|dtls|WPACKET)/,
    'tls',
  ],
  [/^v8::.*(Scaveng|Mark|Sweep|Heap|Evacuat|GC|Collect|Worklist|Space|GlobalHandles|Weak)/, 'collector'],
  [
    /^v8::(base|platform)|^v8::internal::(compiler|maglev|baseline|interpreter|parsing|Compiler|Parser)/,
    'v8',
  ],
  [/^(Builtins_|v8::)/, null],
  [/./, 'node'],
];

/** The share of one frame of a stack, or null if its caller has to decide. */
function frameShare(symbol, object) {
  if (object.includes('kernel') || object.includes('.ko')) return 'kernel';
  if (object.includes('.map') || symbol.startsWith('JS:')) return scriptShare(symbol);
  if (object.endsWith('.node')) return 'peer';
  if (/\blib(c|m|stdc\+\+|pthread)\b/.test(object) || symbol === '[unknown]') return null;
  return NATIVE_SHARES.find(([pattern]) => pattern.test(symbol))[1];
}

/** Samples by share, from the output of perf script: the frames of each sample, the innermost first. */
function countStacks(text) {
  const counts = {};
  for (const sample of text.split('\n\n')) {
    const frames = [...sample.matchAll(/^\s+[0-9a-f]+ (.*) \((.*?)\)$/gm)];
    if (frames.length === 0) continue;
    let share = null;
    for (const [, symbol, object] of frames) if ((share ??= frameShare(symbol, object)) !== null) break;
    counts[share ?? 'v8'] = (counts[share ?? 'v8'] ?? 0) + 1;
  }
  return counts;
}

async function byPerf(it, milliseconds) {
  const file = fileURLToPath(new URL(`../.cache/bench-${it.measured.pid}.perf`, import.meta.url));
  mkdirSync(path.dirname(file), { recursive: true });
  const pids = it.measured.ready.pids ?? [it.measured.pid];
  const options = [
    '-e',
    'cpu-clock',
    '-F',
    String(FREQUENCY),
    '-g',
    '-p',
    pids.join(),
    '-o',
    file,
    '--control',
    'fd:3,4',
  ];
  const recorder = spawn('perf', ['record', ...options], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise((resolve) => recorder.once('exit', resolve));
  const [, , , control, acknowledged] = recorder.stdio;
  try {
    // The answer shows that perf has attached to the process.
    control.write('enable\n');
    await Promise.race([new Promise((resolve) => acknowledged.once('data', resolve)), ended]);
    const figures = await it.round(milliseconds);
    recorder.kill('SIGINT');
    await ended;
    const { stdout } = spawnSync('perf', ['script', '-i', file, '-F', 'ip,sym,dso'], {
      encoding: 'utf8',
      maxBuffer: 2 ** 30,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return { figures, counts: countStacks(stdout) };
  } finally {
    recorder.kill('SIGINT');
    rmSync(file, { force: true });
    for (const pid of [it.measured.pid, ...pids]) rmSync(`/tmp/perf-${pid}.map`, { force: true });
  }
}

async function byV8(it, milliseconds) {
  await it.measured.ask('startProfile');
  const figures = await it.round(milliseconds);
  const { profile } = await it.measured.ask('stopProfile');
  const counts = {};
  for (const { callFrame, hitCount } of profile.nodes) {
    const { functionName, url } = callFrame;
    if (functionName === '(idle)' || functionName === '(root)') continue;
    const share =
      functionName === '(garbage collector)'
        ? 'collector'
        : functionName === '(program)' || url === ''
          ? 'native'
          : scriptShare(url.replace('file://', ''));
    counts[share] = (counts[share] ?? 0) + hitCount;
  }
  return { figures, counts };
}

const canRecord = () =>
  process.platform === 'linux' &&
  spawnSync('perf', ['record', '-e', 'cpu-clock', '-o', '/dev/null', 'true'], { stdio: 'ignore' }).status ===
    0;
let canUsePerf;

/** Whether perf is there and may be used. */
export const hasPerf = () => (canUsePerf ??= canRecord());

/**
 * @returns the figures of the round, and `shares`: the parts of the samples, by the keys of {@link SHARES}; null if the
 *   contender cannot do the row, or if several processes do it, of which V8 profiles only the first.
 */
export async function profile(start, contender, row, pace) {
  const usesPerf = hasPerf();
  const it = await start(contender, row, { ...pace, execArgv: usesPerf ? ['--perf-basic-prof'] : [] });
  if (it === null) return null;
  try {
    if (it.measured === undefined) throw new Error(`${row.id} has no process that could be profiled`);
    if (!usesPerf && it.measured.ready.pids !== undefined) return null;
    await it.warmUp(pace.warm);
    const { figures, counts } = await (usesPerf ? byPerf : byV8)(it, pace.milliseconds);
    const total = Object.values(counts).reduce((sum, each) => sum + each, 0);
    if (total === 0) throw new Error(`${row.id} was measured without one sample`);
    const shares = Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, count / total]));
    return { figures, shares, samples: total };
  } finally {
    it.stop();
  }
}
