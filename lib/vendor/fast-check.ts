/** fast-check, for random scripts and for cutting them down; `scripts/bundle-vendor.mjs` puts it into the package. */
import * as fc from 'fast-check';

export { fc };
