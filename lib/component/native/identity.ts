/**
 * The name and version of the package, which the addon carries in its binary (`native/addon.cc`). They are written here
 * because a bundled program has no package.json to read; a test compares them with package.json.
 */
export const NAME = 'websocket-protocol-component';
export const VERSION = '0.1.0';
/** The text in the binary. */
export const IDENTITY = `${NAME}@${VERSION}`;
