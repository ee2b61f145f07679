/**
 * fast-check, which makes random scripts and cuts them down. `scripts/bundle-vendor.mjs` bundles it into the package.
 */
import * as fc from 'fast-check';

export { fc };
