// The native leg: what runs inside Windows, beside the ordinary run. A test file belongs to it by its folder. Left
// out are the folders that start programs of this machine (interop, cli) or look at the repository (house, package).
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

// mocha adds the files of its command line to those of its configuration. A person who names files wants those alone.
const namesFiles = process.argv.slice(2).some((arg) => !arg.startsWith('-') && arg.endsWith('.test.js'));

module.exports = {
  ...(!namesFiles && {
    spec: FOLDERS.map((folder) => `dist/test/${folder}/**/*.test.js`),
    // Programs of this machine again: other people's, and compilers.
    ignore: ['dist/test/ws/programs.test.js', 'dist/test/ws/typed-programs.test.js'],
  }),
  // Wine's clock, files and start-up are slower than Windows'.
  timeout: 120000,
  forbidOnly: true,
  // A test that failed may have left a server open; the leg has to end all the same.
  exit: true,
  forbidPending: process.env.WSPC_REQUIRE_ALL === '1',
};
