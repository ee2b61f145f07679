// Runs after `npm ci` and `npm install` in a checkout, as npm's script `postprepare`. It compiles, and prints the
// next step.
//
// npm runs `postprepare` for the project itself. It never runs it for a dependency, whether from the registry, from a
// tarball or from git. A `prepare` would also work here, but npm 12 asks the users of a tarball to allow it.
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
