/** selfsigned, for a certificate on the spot; `scripts/bundle-vendor.mjs` puts it into the package. */
export { generate } from 'selfsigned';
