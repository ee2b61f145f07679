// What runs here and starts Windows programs in Wine: it compiles the stand-in with other answers.
module.exports = {
  spec: 'dist/test/wine/**/*.test.js',
  timeout: 600000,
  forbidOnly: true,
  forbidPending: process.env.WSPC_REQUIRE_ALL === '1',
};
