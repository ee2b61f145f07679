/** The native backend over a loaded addon. */
import type { Backend } from '../backend.js';
import { S_OK } from '../errors.js';
import type { Addon } from './addon.js';
import { NativeHandle } from './handle.js';
import { actionScratch } from './scratch.js';

export function nativeBackend(addon: Addon): Backend {
  return {
    name: 'native',
    createHandle: (role, properties) => NativeHandle.create(addon, role, properties),
    getGlobalProperty(type) {
      const words = actionScratch();
      const hresult = addon.getGlobalProperty(type, words);
      return hresult === S_OK ? { values: [...words.subarray(1, 1 + words[0]!)] } : hresult;
    },
  };
}
