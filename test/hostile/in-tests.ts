import { afterEach } from 'mocha';
import { attacked } from './roles.js';
import type { Attacked, Options, Role } from './roles.js';

/** Returns a function that starts an attack in a test; the end of the test stops it. Call this within `describe`. */
export function attackedInTests(role: Role): (options?: Options) => Promise<Attacked> {
  let stop: (() => Promise<void>) | null = null;
  afterEach(async () => {
    await stop?.();
    stop = null;
  });
  return async (options) => {
    const both = await attacked(role, options);
    ({ stop } = both);
    return both;
  };
}
