/** Makes a {@link Component} of a backend. */
import { handleProperties, ulong } from './arguments.js';
import type { Backend, Role } from './backend.js';
import { PropertyType } from './contract.js';
import type { ClientHandle, Component, HandleProperties, ServerHandle } from './contract.js';
import { ComponentError } from './errors.js';
import { CheckedHandle } from './session-handle.js';

const CREATE = { client: 'WebSocketCreateClientHandle', server: 'WebSocketCreateServerHandle' } as const;

class CheckedComponent implements Component {
  readonly backend: Backend['name'];
  readonly #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
    this.backend = backend.name;
  }

  createClientHandle(properties?: HandleProperties): ClientHandle {
    return this.#create('client', properties);
  }

  createServerHandle(properties?: HandleProperties): ServerHandle {
    return this.#create('server', properties);
  }

  #create(role: Role, properties: HandleProperties | undefined): CheckedHandle {
    const handle = this.#backend.createHandle(role, handleProperties(properties));
    if (typeof handle === 'number') throw new ComponentError(handle, CREATE[role], this.backend);
    return new CheckedHandle(handle, this.backend);
  }

  getGlobalProperty(type: PropertyType.KeepAliveInterval): number;
  getGlobalProperty(type: PropertyType.SupportedVersions): readonly number[];
  getGlobalProperty(type: PropertyType): number | readonly number[] {
    const result = this.#backend.getGlobalProperty(ulong('type', type));
    if (typeof result === 'number') {
      throw new ComponentError(result, 'WebSocketGetGlobalProperty', this.backend);
    }
    return type === PropertyType.SupportedVersions ? result.values : result.values[0]!;
  }
}

/** The component over one backend. */
export function createComponent(backend: Backend): Component {
  return new CheckedComponent(backend);
}
