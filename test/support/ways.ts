import { loadNative, nativeUnavailableReason, portable } from '../../lib/component/index.js';

import type { ClientHandle, Component, HandleProperties, ServerHandle } from '../../lib/component/index.js';
import { bulkDriver } from '../../lib/component/bulk.js';

/** A way to run a connection: a component, and how it is driven. */
export interface Way {
  readonly name: string;
  readonly component: Component;
  readonly driver: 'auto' | 'action-loop';
}

function withoutBulkDriver<T extends object>(handle: T): T {
  return new Proxy(handle, {
    has: (target, key) => key !== bulkDriver && key in target,
    get(target, key) {
      if (key === bulkDriver) return undefined;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value;
    },
  });
}

/**
 * The portable engine in the shape of the native one: its name is native, it has no bulk driver, and so the
 * connection checks the text.
 */
export const likeNative: Component = {
  backend: 'native',
  createClientHandle: (properties?: HandleProperties): ClientHandle =>
    withoutBulkDriver<ClientHandle>(portable.createClientHandle(properties)),
  createServerHandle: (properties?: HandleProperties): ServerHandle =>
    withoutBulkDriver<ServerHandle>(portable.createServerHandle(properties)),
  getGlobalProperty: ((type: never) => portable.getGlobalProperty(type)) as Component['getGlobalProperty'],
};

/** All ways on this machine. */
export const WAYS: readonly Way[] = [
  { name: 'portable', component: portable, driver: 'auto' },
  { name: 'portable by the action loop', component: portable, driver: 'action-loop' },
  { name: 'portable in the manner of native', component: likeNative, driver: 'auto' },
  ...nativeWays(),
];

function nativeWays(): Way[] {
  if (nativeUnavailableReason() !== undefined) return [];
  return [{ name: 'native', component: loadNative(), driver: 'auto' }];
}
