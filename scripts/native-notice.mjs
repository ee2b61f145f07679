import { aptLine, missing } from './win32/wine.mjs';

/** Says in one line which tests `npm test` did not run. */
export function nativeNotice() {
  if (process.platform === 'win32') return;
  const first = missing.length === 0 ? '' : `${aptLine} && `;
  console.log(`The native half was not run; this does it: ${first}npm run test:native`);
}
