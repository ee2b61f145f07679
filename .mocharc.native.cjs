// The native leg: the tests that run inside Windows, besides the ordinary run. The folder of a test file decides whether
// it belongs here. Folders that start programs of this machine (interop, cli) or read the repository (house, package) do
// not.
const FOLDERS = [
  'between-slices',
  'component',
  'conformance',
  'connection',
  'differential',
  'native',
  'opening',
  'parity',
  'peer-cases',
  'session',
  'web',
  'ws',
];

// mocha adds the files of its command line to those of its configuration. If a person names files, only these should run.
const namesFiles = process.argv.slice(2).some((arg) => !arg.startsWith('-') && arg.endsWith('.test.js'));

module.exports = {
  ...(!namesFiles && {
    spec: FOLDERS.map((folder) => `dist/test/${folder}/**/*.test.js`),
    // These start programs of this machine, too: other people's, and compilers.
    ignore: ['dist/test/ws/programs.test.js', 'dist/test/ws/typed-programs.test.js'],
  }),
  // Wine's clock, files and start-up are slower than Windows'.
  timeout: 120000,
  forbidOnly: true,
  // A failed test may have left a server open. The run must end all the same.
  exit: true,
  forbidPending: process.env.WSPC_REQUIRE_ALL === '1',
};
