/**
 * Recognizes Blobs of every realm. `instanceof` knows only the class of this realm. jsdom and `vm` contexts have
 * classes of their own, and test runners run programs in both.
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
