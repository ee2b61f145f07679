/** The native backend over a loaded addon. */
import type { Backend } from '../backend.js';
import type { Addon } from './addon.js';
import { NativeHandle } from './handle.js';

export function nativeBackend(addon: Addon): Backend {
  return {
    name: 'native',
    createHandle: (role, properties) => NativeHandle.create(addon, role, properties),
    getGlobalProperty(type) {
      const result = addon.getGlobalProperty(type);
      return typeof result === 'number' ? result : { values: result };
    },
  };
}
