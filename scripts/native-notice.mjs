// After npm test: says in one line what it did not cover.
import { aptLine, missing } from './win32/wine.mjs';

if (process.platform !== 'win32') {
  const first = missing.length === 0 ? '' : `${aptLine} && `;
  console.log(`The native half was not run; this does it: ${first}npm run test:native`);
}
