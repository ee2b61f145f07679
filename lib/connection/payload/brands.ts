/**
 * Blobs of every realm. `instanceof` knows the class of this realm only: jsdom and `vm` contexts have others, and test
 * runners put programs into both.
 */

/** Whether a value is a Blob or a File, of this realm or of another. */
export function isBlob(value: unknown): value is Blob {
  if (typeof value !== 'object' || value === null) return false;
  const {
    size,
    arrayBuffer,
    [Symbol.toStringTag]: name,
  } = value as Partial<Blob> & {
    [Symbol.toStringTag]?: unknown;
  };
  return (
    (name === 'Blob' || name === 'File') && typeof size === 'number' && typeof arrayBuffer === 'function'
  );
}
