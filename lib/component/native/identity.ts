/**
 * The name and version that the addon carries in its binary (`native/addon.cc`), and that the package has. They are written
 * here because a bundled program has no package.json to read; a test holds them against it.
 */
export const NAME = 'websocket-protocol-component';
export const VERSION = '0.1.0';
/** The text in the binary. */
export const IDENTITY = `${NAME}@${VERSION}`;
