// mocha adds the files of its command line to those of its configuration. If a person names files, only these should run.
const namesFiles = process.argv.slice(2).some((arg) => !arg.startsWith('-') && arg.endsWith('.test.js'));

module.exports = {
  ...(!namesFiles && {
    spec: 'dist/test/**/*.test.js',
    // These need Windows, or Wine, or a tarball: npm run test:native, npm run test:package.
    ignore: [
      'dist/test/native/**',
      'dist/test/differential/**',
      'dist/test/fallback/**',
      'dist/test/wine/**',
      'dist/test/package/**',
    ],
  }),
  recursive: true,
  timeout: 20000,
  forbidOnly: true,
  // A machine with all programs must skip no test.
  forbidPending: process.env.WSPC_REQUIRE_ALL === '1',
};
