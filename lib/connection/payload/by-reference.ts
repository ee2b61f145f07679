/** Payloads from this size on, in bytes, may be written from the sender's memory; see `Connection.send`. */
export const BY_REFERENCE = 4096;
