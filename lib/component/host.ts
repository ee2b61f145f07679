/** Throws if Node's modules are missing, before anything else is loaded. Bundles for browsers get this far. */
const { process: host } = globalThis as { process?: { versions?: { node?: unknown } } };
if (typeof host?.versions?.node !== 'string')
  throw new Error(
    "websocket-protocol-component needs the modules of Node: in a browser, or in an Electron renderer, use the page's own WebSocket",
  );
export {};
