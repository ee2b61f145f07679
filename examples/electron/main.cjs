// The connection is in the main process; on Windows it uses the operating system's own protocol code. The renderer is
// sandboxed and only sees messages.
const { app, BrowserWindow, ipcMain } = require('electron');
const { join } = require('node:path');
const { component, connect, nativeUnavailableReason } = require('websocket-protocol-component');

const URL = process.env.WEBSOCKET_URL ?? 'ws://127.0.0.1:8080/';

let connection;

// Registered before the connection opens: a renderer that sends too early gets an error that it can show.
ipcMain.handle('send', async (_, text) => {
  if (connection === undefined) throw new Error('not connected yet');
  await connection.send(String(text));
});

function backend() {
  const reason = component.backend === 'native' ? undefined : nativeUnavailableReason();
  return reason === undefined ? component.backend : `${component.backend} (${reason})`;
}

async function talk(window) {
  const show = (text) => {
    if (!window.isDestroyed()) window.webContents.send('message', text);
  };
  try {
    show(`backend: ${backend()}`);
    const opened = await connect(URL);
    if (window.isDestroyed()) {
      await opened.close(1001);
      return;
    }
    connection = opened;
    window.once('closed', () => opened.close(1001));
    show('connected');
    for await (const message of opened) show(String(message));
    const { code, reason } = await opened.closed;
    show(`closed: ${code} ${reason}`);
  } catch (error) {
    show(error.message);
  } finally {
    connection = undefined;
  }
}

app.whenReady().then(async () => {
  const window = new BrowserWindow({ webPreferences: { preload: join(__dirname, 'preload.cjs') } });
  await window.loadFile(join(__dirname, 'renderer.html'));
  await talk(window);
});

app.on('window-all-closed', () => app.quit());
