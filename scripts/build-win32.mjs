// npm run build:win32: compiles the shim for Windows with mingw-w64 into prebuilds.
import { compileShim } from './win32/compile.mjs';
import { prebuild } from './win32/paths.mjs';

compileShim(prebuild);
console.log(prebuild);
