// Runs in the utility process, which has Node and, on Windows, the operating system's own protocol code.
const { component, connect, nativeUnavailableReason } = require('websocket-protocol-component');

const URL = process.env.WEBSOCKET_URL ?? 'ws://127.0.0.1:8080/';

function backend() {
  const reason = component.backend === 'native' ? undefined : nativeUnavailableReason();
  return reason === undefined ? component.backend : `${component.backend} (${reason})`;
}

/** @param port - one end of the channel; the renderer has the other. It takes text to show, and gives text to send. */
async function talk(port) {
  let connection;
  const stopOpening = new AbortController();
  // Registered before anything connects: text that comes too early gets an answer.
  port.on('message', ({ data }) => {
    if (connection === undefined) port.postMessage('not connected yet');
    else connection.send(String(data)).catch((error) => port.postMessage(error.message));
  });
  port.once('close', () => {
    stopOpening.abort(new Error('the window has been closed'));
    connection?.close(1001);
  });
  port.start();
  try {
    port.postMessage(`backend: ${backend()}`);
    connection = await connect(URL, { signal: stopOpening.signal, closeTimeout: 2000 });
    if (stopOpening.signal.aborted) connection.close(1001);
    else port.postMessage('connected');
    for await (const message of connection) port.postMessage(String(message));
    const { code, reason } = await connection.closed;
    port.postMessage(`closed: ${code} ${reason}`);
  } catch (error) {
    port.postMessage(error.message);
  }
}

process.parentPort.once('message', ({ ports: [port] }) => {
  const closed = new Promise((resolve) => port.once('close', resolve));
  // The process stays while the window is open, to show why there is no connection.
  Promise.all([talk(port), closed]).then(() => process.exit(0));
});
