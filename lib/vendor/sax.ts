/** sax, for the XML of Windows' event tracing; `scripts/bundle-vendor.mjs` puts it into the package. */
export { parser } from 'sax';
