// Tests that run on this machine and start Windows programs in Wine. They compile the stand-in with other answers.
module.exports = {
  spec: 'dist/test/wine/**/*.test.js',
  timeout: 600000,
  forbidOnly: true,
  forbidPending: process.env.WSPC_REQUIRE_ALL === '1',
};
