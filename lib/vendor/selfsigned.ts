/** selfsigned, which makes certificates. `scripts/bundle-vendor.mjs` bundles it into the package. */
export { generate } from 'selfsigned';
