/**
 * The types of web streams. A program whose `lib` has `dom` means the browser's type by `ReadableStream`, and Node's own
 * functions take the type of `node:stream/web`. The two declarations differ a little, so these types are both at a time.
 */
import type { ReadableStream as NodeReadable, WritableStream as NodeWritable } from 'node:stream/web';

/** A stream that Node's functions and those of browsers take. */
export type WebReadable<T> = NodeReadable<T> & ReadableStream<T>;

/** A stream that Node's functions and those of browsers take. */
export type WebWritable<T> = NodeWritable<T> & WritableStream<T>;
