/** The portable backend: makes handles, answers global properties. */
import type { Backend, BackendHandle, Role } from '../backend.js';
import { PropertyType } from '../contract.js';
import type { HandleProperties } from '../contract.js';
import { HRESULTS } from '../errors.js';
import { DEFAULT_RECEIVE_BUFFER_SIZE, DEFAULT_SEND_BUFFER_SIZE, PortableHandle } from './handle.js';
import { INTERIM } from './interim.js';

/** Milliseconds; the default where no registry says otherwise (B12-1). */
const KEEP_ALIVE_INTERVAL = 30_000;

function acceptsProperties(role: Role, properties: HandleProperties): boolean {
  const smallest = INTERIM['Q-C1'];
  const receive = properties.receiveBufferSize ?? DEFAULT_RECEIVE_BUFFER_SIZE;
  const send = properties.sendBufferSize ?? DEFAULT_SEND_BUFFER_SIZE[role];
  const allocated = properties.allocatedBufferSize ?? Infinity;
  return (
    receive >= smallest.receiveBufferSize &&
    send >= smallest.sendBufferSize &&
    allocated >= receive + send + INTERIM['Q-C3'].overhead
  );
}

export const portableBackend: Backend = {
  name: 'portable',

  createHandle(role: Role, properties: HandleProperties): BackendHandle | number {
    return acceptsProperties(role, properties) ? new PortableHandle(role, properties) : HRESULTS.E_INVALIDARG;
  },

  getGlobalProperty(type: PropertyType): { readonly values: readonly number[] } | number {
    if (type === PropertyType.KeepAliveInterval) return { values: [KEEP_ALIVE_INTERVAL] };
    if (type === PropertyType.SupportedVersions) return { values: [...INTERIM['Q-G1'].supportedVersions] };
    return HRESULTS.E_INVALIDARG;
  },
};
