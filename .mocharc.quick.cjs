// The quick tests, for `npm run check`: all tests except those that start browsers or many processes, attack, or try
// every mutant. `npm test` runs these, too.
const whole = require('./.mocharc.cjs');

const SLOW = [
  'bench/**',
  'cli/parity/**',
  'compression/memory.test.js',
  'connection/many.test.js',
  'connection/memory.test.js',
  'examples/**',
  'guides/**',
  'hostile/**',
  'house/import-direction.test.js',
  'interop/**',
  'parity/mutants.test.js',
  'programs/**',
  'soak/**',
  'topics/**',
  'web/collection.test.js',
  'ws/programs.test.js',
];

module.exports = {
  ...whole,
  reporter: 'dot',
  ignore: [...whole.ignore, ...SLOW.map((slow) => `dist/test/${slow}`)],
};
