// Runs after `npm ci` and `npm install` in a checkout, as npm's script `postprepare`: compiles, and says what is next.
//
// npm runs `postprepare` for the project that somebody works on. It never runs it for a dependency, whether that came
// from the registry, as a tarball or from git. A `prepare` would do as well here, but npm 12 asks the users of a tarball
// to allow it.
import { createRequire } from 'node:module';

import { compile } from './compile.mjs';

function hasCompiler() {
  try {
    createRequire(import.meta.url).resolve('typescript/bin/tsc');
    return true;
  } catch {
    return false;
  }
}

if (!hasCompiler()) {
  console.log(
    'Not compiled, because the development dependencies are not installed: npm ci, without --omit=dev.',
  );
} else if (compile() === 0) {
  console.log('Compiled into dist/. Next: npm start, npm run check, npx wspc --help.');
} else {
  console.log(
    'The tools are installed; the sources above do not compile. Next: mend them, then npm run build.',
  );
}
