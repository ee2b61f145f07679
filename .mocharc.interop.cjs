module.exports = {
  spec: 'dist/test/interop/**/*.test.js',
  timeout: 120000,
  forbidOnly: true,
  forbidPending: process.env.WSPC_REQUIRE_ALL === '1',
};
