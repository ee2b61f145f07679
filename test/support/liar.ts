/** Bytes whose own properties contradict their real length and memory. */
export function liar(...values: readonly number[]): Uint8Array {
  return makeLiar(Uint8Array.from(values));
}

export function makeLiar(bytes: Uint8Array): Uint8Array {
  const trap = (): never => {
    throw new Error('JavaScript ran where none should');
  };
  return Object.defineProperties(bytes, {
    length: { value: 5000 },
    byteLength: { value: 5000 },
    byteOffset: { value: 1 },
    buffer: { value: new ArrayBuffer(5000) },
    constructor: { get: trap },
    subarray: { value: trap },
    slice: { value: trap },
    set: { value: trap },
    [Symbol.iterator]: { value: trap },
  });
}
