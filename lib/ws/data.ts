/** The types of messages, with the names that they have in `@types/ws`. */

/** A message as the event `message` of the emitter has it. With the `binaryType` 'blob' the message is a Blob. */
export type RawData = Buffer | ArrayBuffer | Buffer[];
/** A message as a `MessageEvent` has it. */
export type Data = string | RawData;
