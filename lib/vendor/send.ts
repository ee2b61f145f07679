/** send, for files over HTTP. `scripts/bundle-vendor.mjs` bundles it into the package. */
export { default as send } from 'send';
