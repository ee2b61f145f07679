module.exports = {
  spec: 'dist/test/**/*.test.js',
  // These need Windows, or Wine, or a tarball: npm run test:native, npm run test:package.
  ignore: [
    'dist/test/native/**',
    'dist/test/differential/**',
    'dist/test/fallback/**',
    'dist/test/wine/**',
    'dist/test/package/**',
  ],
  recursive: true,
  timeout: 20000,
  forbidOnly: true,
  // A machine that has everything may not skip anything.
  forbidPending: process.env.WSPC_REQUIRE_ALL === '1',
};
