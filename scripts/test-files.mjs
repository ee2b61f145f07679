// The arguments of `npm test`, `npm run test:native` and `npm run watch`: translates the names of test files into
// their compiled form for mocha.
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';

import { repository } from './win32/paths.mjs';

/** Options of mocha whose value is the next argument. That argument is not a test file. */
const WITH_VALUE = new Set([
  ...['-f', '--fgrep', '-g', '--grep', '-j', '--jobs', '-O', '--reporter-option', '--reporter-options'],
  ...['-R', '--reporter', '-r', '--require', '--retries', '-s', '--slow', '-t', '--timeout', '-u', '--ui'],
  ...['--file', '--ignore', '--exclude', '--config', '--package', '--extension'],
]);

export class NoSuchTest extends Error {}

/** The folder in which npm was started. npm itself changes to the folder of package.json. */
const startedIn = process.env.INIT_CWD ?? process.cwd();

/** The compiled form of a test file, a folder or a pattern below test/, with slashes on every system. */
function compiled(name) {
  const fromRoot = path.resolve(repository, name);
  const absolute = existsSync(fromRoot) ? fromRoot : path.resolve(startedIn, name);
  let relative = path.relative(repository, absolute).split(path.sep).join('/');
  if (relative.startsWith('dist/')) relative = relative.slice('dist/'.length);
  if (relative !== 'test' && !relative.startsWith('test/')) {
    throw new NoSuchTest(`${name} is not below test/`);
  }
  if (/[*?{]/.test(relative)) return `dist/${relative.replace(/(\.test)?(\.[jt]s)?$/, '.test.js')}`;
  const source = relative.replace(/\.js$/, '.ts');
  const file = path.join(repository, source);
  if (existsSync(file) && statSync(file).isDirectory()) return `dist/${source}/**/*.test.js`;
  const candidates = [source, `${source}.ts`, `${source}.test.ts`];
  const found = candidates.find((candidate) => existsSync(path.join(repository, candidate)));
  if (found === undefined) throw new NoSuchTest(`there is no test file ${name}`);
  if (!found.endsWith('.test.ts'))
    throw new NoSuchTest(`${name} holds no tests: their names end in .test.ts`);
  return `dist/${found.replace(/\.ts$/, '.js')}`;
}

/**
 * Separates test files from options, and translates the files.
 *
 * @throws NoSuchTest an argument is neither an option nor a test.
 */
export function testArguments(args) {
  const options = [];
  const files = [];
  for (let index = 0; index < args.length; index++) {
    const arg = args[index];
    if (!arg.startsWith('-')) files.push(compiled(arg));
    else {
      options.push(arg);
      if (WITH_VALUE.has(arg) && index + 1 < args.length) options.push(args[++index]);
    }
  }
  return { options, files };
}

/** As {@link testArguments}. A mistake ends the program with the exit status 2. */
export function testArgumentsOrExit(args) {
  try {
    return testArguments(args);
  } catch (error) {
    if (!(error instanceof NoSuchTest)) throw error;
    console.error(`error: ${error.message}`);
    process.exit(2);
  }
}
