/** sax, which reads the XML of Windows' event tracing. `scripts/bundle-vendor.mjs` bundles it into the package. */
export { parser } from 'sax';
