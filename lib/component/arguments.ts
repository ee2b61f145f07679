/**
 * Checks of JavaScript arguments, shared by both backends: a wrong type is a `TypeError`, a number outside of
 * its C type a `RangeError`, before any backend runs. Every property is read exactly once, into plain data, so
 * that a getter cannot give a backend two answers. A value that only the *component refuses* passes here: the
 * backend refuses it, with an HRESULT.
 */
import { types } from 'node:util';
import type { ClientHandshakeInput, ServerHandshakeInput } from './backend.js';
import type {
  ClientHandshakeRequest,
  CloseBuffer,
  HandleProperties,
  HttpHeader,
  ServerHandshakeRequest,
} from './contract.js';

const UINT32_MAX = 0xffffffff;
const UINT16_MAX = 0xffff;
const EMPTY = new Uint8Array(0);

function describe(value: unknown): string {
  return value === null ? 'null' : typeof value;
}

function typeError(what: string, expected: string, value: unknown): TypeError {
  return new TypeError(`${what} must be ${expected}, not ${describe(value)}`);
}

function integer(what: string, value: unknown, maximum: number): number {
  if (typeof value !== 'number') throw typeError(what, 'a number', value);
  if (!Number.isInteger(value) || value < 0 || value > maximum) {
    throw new RangeError(`${what} must be an integer from 0 to ${maximum}, not ${value}`);
  }
  return value;
}

/** A C ULONG. */
export function ulong(what: string, value: unknown): number {
  return integer(what, value, UINT32_MAX);
}

function optionalUlong(what: string, value: unknown): number | undefined {
  return value === undefined ? undefined : ulong(what, value);
}

function optionalBoolean(what: string, value: unknown): boolean | undefined {
  if (value !== undefined && typeof value !== 'boolean') throw typeError(what, 'a boolean', value);
  return value;
}

function object(what: string, value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw typeError(what, 'an object', value);
  return value as Record<string, unknown>;
}

// eslint-disable-next-line no-control-regex -- the characters that a counted, NUL-terminated ANSI string cannot hold
const UNREPRESENTABLE = /[^\x01-\xff]/;

/** A C string: one byte per character, and no NUL, which would end it early. */
function byteString(what: string, value: unknown): string {
  if (isByteString(value)) return value;
  if (typeof value !== 'string') throw typeError(what, 'a string', value);
  throw new TypeError(`${what} must consist of Latin-1 characters, without NUL`);
}

function isByteString(value: unknown): value is string {
  return typeof value === 'string' && !UNREPRESENTABLE.test(value);
}

/** Checks one element of a list; the text for its place is made only if the element is wrong. */
type ElementCheck<T> = (what: string, index: number, value: unknown) => T;

function list<T>(what: string, value: unknown, element: ElementCheck<T>): T[] {
  if (!Array.isArray(value)) throw typeError(what, 'an array', value);
  const copy: T[] = [];
  for (let index = 0; index < value.length; index++) {
    copy.push(element(what, index, (value as unknown[])[index]));
  }
  return copy;
}

function optionalList<T>(what: string, value: unknown, element: ElementCheck<T>): T[] {
  return value === undefined ? [] : list(what, value, element);
}

const byteStringOf: ElementCheck<string> = (what, index, value) =>
  isByteString(value) ? value : byteString(`${what}[${index}]`, value);

const httpHeader: ElementCheck<HttpHeader> = (what, index, given) => {
  if (typeof given !== 'object' || given === null) throw typeError(`${what}[${index}]`, 'an object', given);
  const { name, value } = given as Record<string, unknown>;
  return {
    name: isByteString(name) ? name : byteString(`${what}[${index}].name`, name),
    value: isByteString(value) ? value : byteString(`${what}[${index}].value`, value),
  };
};

/** Headers, copied. */
export function httpHeaders(what: string, value: readonly HttpHeader[]): HttpHeader[] {
  return list(what, value, httpHeader);
}

const NO_PROPERTIES: HandleProperties = Object.freeze({});

/** Properties of a new handle, copied; absent ones stay absent. */
export function handleProperties(value: HandleProperties | undefined): HandleProperties {
  if (value === undefined) return NO_PROPERTIES;
  const given = object('properties', value);
  const receiveBufferSize = optionalUlong('receiveBufferSize', given['receiveBufferSize']);
  const sendBufferSize = optionalUlong('sendBufferSize', given['sendBufferSize']);
  const disableMasking = optionalBoolean('disableMasking', given['disableMasking']);
  const disableUtf8Verification = optionalBoolean(
    'disableUtf8Verification',
    given['disableUtf8Verification'],
  );
  const allocatedBufferSize = optionalUlong('allocatedBufferSize', given['allocatedBufferSize']);
  // No `delete`: it would turn each object into a hash table, and a server has one object per connection.
  const properties: { -readonly [Name in keyof HandleProperties]: HandleProperties[Name] } = {};
  if (receiveBufferSize !== undefined) properties.receiveBufferSize = receiveBufferSize;
  if (sendBufferSize !== undefined) properties.sendBufferSize = sendBufferSize;
  if (disableMasking !== undefined) properties.disableMasking = disableMasking;
  if (disableUtf8Verification !== undefined) properties.disableUtf8Verification = disableUtf8Verification;
  if (allocatedBufferSize !== undefined) properties.allocatedBufferSize = allocatedBufferSize;
  return Object.keys(properties).length === 0 ? NO_PROPERTIES : properties;
}

/** Inputs of the client's handshake, copied. */
export function clientHandshakeInput(value: ClientHandshakeRequest | undefined): ClientHandshakeInput {
  const request = value === undefined ? {} : object('request', value);
  return {
    subprotocols: optionalList('subprotocols', request['subprotocols'], byteStringOf),
    extensions: optionalList('extensions', request['extensions'], byteStringOf),
    initialHeaders: optionalList('initialHeaders', request['initialHeaders'], httpHeader),
  };
}

/** Inputs of the server's handshake, copied. */
export function serverHandshakeInput(value: ServerHandshakeRequest): ServerHandshakeInput {
  const request = object('request', value);
  const requestHeaders = list('requestHeaders', request['requestHeaders'], httpHeader);
  const subprotocol = request['selectedSubprotocol'];
  return {
    requestHeaders,
    selectedSubprotocol:
      subprotocol === undefined ? undefined : byteString('selectedSubprotocol', subprotocol),
    selectedExtensions: optionalList('selectedExtensions', request['selectedExtensions'], byteStringOf),
  };
}

/** The real type of a typed array, whatever its class or the object itself claims. */
function intrinsic<Name extends 'buffer' | 'byteOffset' | 'length'>(
  name: Name,
): (bytes: Uint8Array) => Uint8Array[Name] {
  const prototype = Object.getPrototypeOf(Uint8Array.prototype) as object;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its object below
  const get = Object.getOwnPropertyDescriptor(prototype, name)!.get as () => Uint8Array[Name];
  return (bytes) => get.call(bytes);
}

const bufferOf = intrinsic('buffer');
const byteOffsetOf = intrinsic('byteOffset');
const lengthOf = intrinsic('length');

/**
 * Checks that memory has a fixed size, that no other thread can change it, and that its length fits into a ULONG.
 * The memory may come from any realm: a test runner has its own.
 *
 * @returns a {@link plainBytes | plain view} of the same memory.
 */
export function fixedBytes(what: string, value: unknown): Uint8Array {
  const length = provenLength(what, value);
  const memory = bufferOf(value as Uint8Array);
  if (isShared(memory)) throw new TypeError(`${what} must not be shared memory`);
  if (isResizable(memory)) throw new TypeError(`${what} must not be resizable`);
  return length === 0 ? EMPTY : plainBytes(value as Uint8Array);
}

/**
 * A view of the same memory that is a Uint8Array and nothing else. An array with its own length or methods could make a
 * backend send the memory behind the array, or run JavaScript between two changes of state. Do not call this for an
 * empty array: a detached one has no place.
 */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bufferOf(bytes), byteOffsetOf(bytes), lengthOf(bytes));
}

/**
 * The length of bytes in any memory. The caller reads the bytes before the call returns, or passes them through
 * {@link keptBytes}.
 */
export function bytesLength(what: string, value: unknown): number {
  // A cheap check. If another object passes it, its elements are sent, not the memory behind them.
  if (!(value instanceof Uint8Array)) return provenLength(what, value);
  try {
    const length = lengthOf(value);
    if (length <= UINT32_MAX) return length;
  } catch {
    // An object that has the prototype, but no memory.
  }
  return provenLength(what, value);
}

function provenLength(what: string, value: unknown): number {
  if (!types.isUint8Array(value)) throw typeError(what, 'a Uint8Array', value);
  const length = lengthOf(value);
  if (length > UINT32_MAX)
    throw new RangeError(`${what} must have at most ${UINT32_MAX} bytes, not ${length}`);
  return length;
}

/**
 * Bytes that may be read after the call. They are copied if the memory is shared or resizable, or if the object is not
 * really a Uint8Array.
 */
export function keptBytes(bytes: Uint8Array): Uint8Array {
  const memory = bufferOf(bytes);
  const mayStay = types.isUint8Array(bytes) && !isShared(memory) && !isResizable(memory);
  return mayStay ? bytes : new Uint8Array(bytes);
}

/** {@link fixedBytes}, or of a copy if the memory is shared or resizable. */
export function steadyBytes(what: string, value: unknown): Uint8Array {
  bytesLength(what, value);
  return fixedBytes(what, keptBytes(value as Uint8Array));
}

function isShared(memory: ArrayBufferLike): boolean {
  // The first check is the cheap one; it is false for memory of another realm too.
  return !(memory instanceof ArrayBuffer) && types.isSharedArrayBuffer(memory);
}

/** An ArrayBuffer made with maxByteLength may shrink under a pending operation. */
function isResizable(memory: ArrayBufferLike): boolean {
  // Not yet in the type library.
  return (memory as ArrayBufferLike & { readonly resizable?: boolean }).resizable === true;
}

/** Status and reason of a close frame to send, copied. */
export function closeBuffer(value: unknown): CloseBuffer {
  const given = object('buffer', value);
  const status = integer('buffer.status', given['status'], UINT16_MAX);
  const reason = given['reason'];
  return reason === undefined
    ? { status }
    : { status, reason: new Uint8Array(fixedBytes('buffer.reason', reason)) };
}
