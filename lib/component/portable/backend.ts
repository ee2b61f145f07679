/** The portable backend: makes handles and answers global properties. */
import type { Backend, BackendHandle, Role } from '../backend.js';
import { PropertyType } from '../contract.js';
import type { HandleProperties } from '../contract.js';
import { HRESULTS, S_OK } from '../errors.js';
import { DEFAULT_RECEIVE_BUFFER_SIZE, DEFAULT_SEND_BUFFER_SIZE, PortableHandle } from './handle.js';
import { INTERIM, hresultOf } from './interim.js';

/** Milliseconds. The default unless the registry of Windows has another value (B12-1). */
const KEEP_ALIVE_INTERVAL = 30_000;

/** S_OK, or the HRESULT of the first property that is refused. */
function verdictOnProperties(role: Role, properties: HandleProperties): number {
  const smallest = INTERIM['Q-C1'];
  const receive = properties.receiveBufferSize ?? DEFAULT_RECEIVE_BUFFER_SIZE;
  const send = properties.sendBufferSize ?? DEFAULT_SEND_BUFFER_SIZE[role];
  const allocated = properties.allocatedBufferSize ?? Infinity;
  if (receive < smallest.receiveBufferSize || send < smallest.sendBufferSize) {
    return hresultOf(smallest.error);
  }
  const { overhead, error } = INTERIM['Q-C3'];
  return allocated < receive + send + overhead ? hresultOf(error) : S_OK;
}

export const portableBackend: Backend = {
  name: 'portable',

  createHandle(role: Role, properties: HandleProperties): BackendHandle | number {
    const verdict = verdictOnProperties(role, properties);
    return verdict === S_OK ? new PortableHandle(role, properties) : verdict;
  },

  getGlobalProperty(type: PropertyType): { readonly values: readonly number[] } | number {
    if (type === PropertyType.KeepAliveInterval) return { values: [KEEP_ALIVE_INTERVAL] };
    if (type === PropertyType.SupportedVersions) return { values: [...INTERIM['Q-G1'].supportedVersions] };
    return HRESULTS.E_INVALIDARG;
  },
};
