// Replaces the module that looks for the Windows binary by the sanitized test build, in every process and Worker of
// npm run test:asan.
const path = require('node:path');

const file = path.join(__dirname, '../../dist/lib/component/native/addon.js');
const addon = require(process.env.WSPC_SANITIZED_ADDON);

require.cache[file] = {
  id: file,
  filename: file,
  loaded: true,
  exports: { loadAddon: () => (addon.reason === '' ? addon : addon.reason) },
};
