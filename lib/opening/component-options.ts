/** The options of clients and servers that concern the component below, and the choice of the backend. */
import {
  component as chosen,
  loadNative,
  nativeUnavailableReason,
  portable,
  PropertyType,
} from '../component/index.js';
import type { BackendName, Component, HandleProperties } from '../component/index.js';
import { refuseNotOptions } from '../component/not-options.js';
import { perMessageDeflate, settingsOf } from '../connection/index.js';
import type {
  ConnectionOptions,
  Extension,
  PerMessageDeflateOptions,
  Settings,
} from '../connection/index.js';
import { HandshakeError } from './errors.js';

/**
 * Options of client and server that concern the component below.
 *
 * @since 0.1.0
 */
export interface ComponentOptions {
  /**
   * Which component makes the handles, in place of `backend`.
   *
   * @defaultValue chosen by `backend`
   */
  readonly component?: Component | undefined;
  /**
   * `'auto'`: the component chosen for this machine, unless an extension needs the portable engine;
   * {@link chooseBackend} says which backend is chosen, and why. The other values force a backend.
   *
   * @defaultValue 'auto'
   */
  readonly backend?: 'auto' | 'native' | 'portable' | undefined;
  /**
   * Sizes of the component's buffers; see `HandleProperties`.
   *
   * @defaultValue the component's
   */
  readonly handle?:
    Pick<HandleProperties, 'receiveBufferSize' | 'sendBufferSize' | 'disableMasking'> | undefined;
  /**
   * What drives the handles; see `openSession`.
   *
   * @defaultValue 'auto'
   */
  readonly driver?: 'auto' | 'action-loop' | undefined;
  /**
   * Compression (RFC 7692), if the other side agrees. It needs the portable backend: with the native one, and with a
   * component of the caller's, the opening fails with `ERR_UNSUPPORTED_OPTION`.
   *
   * @defaultValue false
   */
  readonly perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
  /**
   * Further extensions, preferred to `perMessageDeflate`; they need the portable backend too.
   *
   * @defaultValue none
   */
  readonly extensions?: readonly Extension[] | undefined;
}

/** Which backend serves, and why. */
export interface BackendChoice {
  readonly component: Component;
  readonly backend: BackendName;
  /** A sentence. */
  readonly reason: string;
}

/**
 * Chooses the backend for options, just as `connect`, `listen`, `attach` and `accept` do.
 *
 * @throws HandshakeError `ERR_UNSUPPORTED_OPTION`: the options ask for an extension and for the native backend.
 * @throws NativeUnavailableError the options ask for the native backend, and it cannot be used.
 */
export function chooseBackend(options: ComponentOptions): BackendChoice {
  refuseNotOptions('the options of chooseBackend', options);
  const { backend = 'auto', component, driver } = options;
  const extended = extensionOf(options);
  if (driver === 'action-loop' && extended !== undefined) {
    throw new HandshakeError(
      'ERR_UNSUPPORTED_OPTION',
      `${extended} is not possible with driver: 'action-loop': the component's actions have no reserved bits`,
    );
  }
  if (component !== undefined) return checked(component, 'the option component has it', extended);
  switch (backend) {
    case 'native':
      return checked(loadNative(), "backend: 'native' asks for it", extended);
    case 'portable':
      return checked(portable, "backend: 'portable' asks for it", extended);
    case 'auto':
      return chooseAutomatically(extended);
    default:
      throw new RangeError(`backend must be 'auto', 'native' or 'portable', not '${String(backend)}'`);
  }
}

function chooseAutomatically(extended: string | undefined): BackendChoice {
  if (chosen.backend === 'native' && extended !== undefined && process.env['WSPC_BACKEND'] !== 'native')
    return checked(
      portable,
      `${extended} asks for it: websocket.dll refuses the reserved bits of frames`,
      extended,
    );
  if (chosen.backend === 'native') return checked(chosen, 'websocket.dll answers', extended);
  return checked(chosen, nativeUnavailableReason() ?? 'WSPC_BACKEND asks for it', extended);
}

function checked(component: Component, reason: string, extended: string | undefined): BackendChoice {
  const { backend } = component;
  if (extended !== undefined && component !== portable) {
    throw new HandshakeError(
      'ERR_UNSUPPORTED_OPTION',
      backend === 'native'
        ? `${extended} is not possible with the native backend: websocket.dll refuses the reserved bits of frames; ` +
            `use backend: 'auto' or 'portable'`
        : `${extended} is not possible with a component of your own (${backend}): only the engine of this package has the ` +
            'reserved bits of frames; leave out one of the two',
    );
  }
  return { component, backend, reason };
}

/** The option that asks for an extension; undefined if none does. */
function extensionOf({ perMessageDeflate, extensions }: ComponentOptions): string | undefined {
  if (extensions !== undefined && extensions.length !== 0) return `the extension ${extensions[0]!.name}`;
  return perMessageDeflate === undefined || perMessageDeflate === false ? undefined : 'perMessageDeflate';
}

const NO_EXTENSIONS: readonly Extension[] = [];

/**
 * The extensions of the options.
 *
 * @throws TypeError, RangeError: an option of the wrong type or out of range.
 */
export function extensionsOf({
  perMessageDeflate: deflate,
  extensions,
}: ComponentOptions): readonly Extension[] {
  if (
    deflate !== undefined &&
    typeof deflate !== 'boolean' &&
    (typeof deflate !== 'object' || (deflate as unknown) === null)
  )
    throw new TypeError(
      `perMessageDeflate must be a boolean or an object, not ${deflate === (null as unknown) ? 'null' : typeof deflate}`,
    );
  if (extensions === undefined && (deflate === undefined || deflate === false)) return NO_EXTENSIONS;
  const all = [...(extensions ?? NO_EXTENSIONS)];
  if (deflate !== undefined && deflate !== false)
    all.push(perMessageDeflate(deflate === true ? {} : deflate));
  return all;
}

/**
 * Properties of a new handle. The DLL gives the same error for malformed text as for any malformed frame. So on the
 * native backend the connection checks the text, to be able to close with 1007.
 */
export function propertiesOf(options: ComponentOptions, component: Component): HandleProperties {
  const { receiveBufferSize, sendBufferSize, disableMasking } = options.handle ?? {};
  const properties: HandleProperties = {
    ...(receiveBufferSize === undefined ? {} : { receiveBufferSize }),
    ...(sendBufferSize === undefined ? {} : { sendBufferSize }),
    ...(disableMasking === undefined ? {} : { disableMasking }),
  };
  return checksText(component) ? { ...properties, disableUtf8Verification: true } : properties;
}

function checksText(component: Component): boolean {
  return component.backend === 'native';
}

export function connectionSettings(options: ConnectionOptions, component: Component): Settings {
  const interval = component.getGlobalProperty(PropertyType.KeepAliveInterval);
  return settingsOf(options, interval, checksText(component) ? 'always' : 'encoded');
}
