import { readFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import path from 'node:path';
import vm from 'node:vm';

/** A realm of its own: it has other classes than this one for errors, arrays, promises and so on. */
const GIVEN = [
  'process',
  'Buffer',
  'URL',
  'AbortController',
  'Event',
  'EventTarget',
  'MessageEvent',
  'Blob',
] as const;
const MORE = [
  'DOMException',
  'setTimeout',
  'clearTimeout',
  'setInterval',
  'clearInterval',
  'performance',
] as const;
const STREAMS = ['ReadableStream', 'WritableStream', 'TextDecoder', 'TextEncoder', 'console'] as const;

/** Loads a CommonJS module and the modules that it requires in a realm of their own, as jest does. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller knows the type
export function loadInContext<T>(file: string): T {
  const given = Object.fromEntries(
    [...GIVEN, ...MORE, ...STREAMS].map((name) => [name, Reflect.get(globalThis, name) as unknown]),
  );
  const context = vm.createContext(given);
  const loaded = new Map<string, { exports: unknown }>();
  const load = (at: string): unknown => {
    const known = loaded.get(at);
    if (known !== undefined) return known.exports;
    const module = { exports: {} as unknown };
    loaded.set(at, module);
    const resolve = createRequire(at);
    const require = (name: string): unknown =>
      isBuiltin(name) ? resolve(name) : load(resolve.resolve(name));
    const text = readFileSync(at, 'utf8');
    if (at.endsWith('.json')) module.exports = JSON.parse(text);
    else {
      const code = `(function (exports, require, module, __filename, __dirname) {${text}\n})`;
      // A name of its own: coverage would take the positions, which the wrapper shifts, for those of the file.
      const run = vm.runInContext(code, context, { filename: `realm:${at}` }) as (...args: unknown[]) => void;
      run.call(module.exports, module.exports, require, module, at, path.dirname(at));
    }
    return module.exports;
  };
  return load(file) as T;
}
