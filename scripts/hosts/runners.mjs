// Test runners: a plain test, one while fake timers are on, one after the module registry was reset.
import { readFileSync, writeFileSync } from 'node:fs';
import { node, once, own, tool, within } from './workshop.mjs';

const PLAIN = 'echoes';
const FAKE = 'echoes while fake timers are on';
const RESET = 'echoes after the registry was reset';
/** The rows of a runner: the suffix of its name, and the test. */
const ROWS = { '': PLAIN, ', fake timers': FAKE, ', registry reset': RESET };

/** One process for all tests of a file. @param results - the names of the tests that passed, of what it printed. */
function rows(cell, host, titles, start, passed) {
  const suite = once(start);
  for (const [end, title] of Object.entries(titles))
    cell(`${host}${end}`, async () => {
      const { output } = await suite();
      return { ok: passed(output).includes(title), output };
    });
}

/** The passed tests in a report of jest or vitest. */
function passedOf(report) {
  return () => {
    try {
      const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
      return testResults.flatMap(({ assertionResults }) =>
        assertionResults.filter(({ status }) => status === 'passed').map(({ title }) => title),
      );
    } catch {
      return [];
    }
  };
}

const two = { '': PLAIN, ', fake timers': FAKE };

export function runners(cell, { file }) {
  const ofTap = (output) => [...output.matchAll(/^ok \d+ - (.*)$/gm)].map(([, title]) => title);
  rows(
    cell,
    'node:test',
    two,
    () => node(['--test', '--test-reporter=tap', `${file}.node-test.cjs`]),
    (output) => ofTap(output.replaceAll(/^ +/gm, '')),
  );
  const mocha = ['--no-config', '--reporter', 'tap', `${file}.mocha.cjs`];
  rows(
    cell,
    'mocha',
    two,
    () => node([own('mocha/bin/mocha.js'), ...mocha]),
    (output) => [...output.matchAll(/^ok \d+ (.*)$/gm)].map(([, title]) => title.trim()),
  );
  for (const environment of ['node', 'jsdom']) jest(cell, file, environment);
  for (const pool of ['forks', 'vmThreads']) vitest(cell, file, pool);
}

function jest(cell, file, environment) {
  const report = within(`${file}.jest-${environment}.json`);
  const start = () =>
    node([
      tool('jest/bin/jest.js'),
      ...['--rootDir', '.', '--json', '--outputFile', report, '--testTimeout', '20000'],
      ...['--env', environment === 'jsdom' ? tool('jest-environment-jsdom') : 'node'],
      // In jsdom, jest loads the files for browsers. The one of `ws` refuses to run.
      ...['--testEnvironmentOptions', '{"customExportConditions":["node","node-addons"]}'],
      ...['--testMatch', `**/${file}.jest.cjs`, '--moduleFileExtensions', 'js', 'cjs', 'json'],
    ]);
  rows(cell, `jest, ${environment}`, ROWS, start, passedOf(report));
}

function vitest(cell, file, pool) {
  const report = within(`${file}.vitest-${pool}.json`);
  const start = () =>
    node([
      tool('vitest/vitest.mjs'),
      ...['run', '--root', '.', '--pool', pool, '--reporter', 'json', '--outputFile', report],
      `${file}.vitest.mjs`,
    ]);
  rows(cell, `vitest, ${pool}`, ROWS, start, passedOf(report));
}

export function prepareRunners() {
  writeFileSync(
    within('vitest.config.mjs'),
    "export default { test: { include: ['*.vitest.mjs'], testTimeout: 20000 } };",
  );
}
