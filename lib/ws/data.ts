/** The types of messages, by the names that `@types/ws` gives them. */

/** A message as the event `message` of the emitter has it; a Blob where `binaryType` says so. */
export type RawData = Buffer | ArrayBuffer | Buffer[];
/** A message as a `MessageEvent` has it. */
export type Data = string | RawData;
