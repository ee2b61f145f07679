// The connection lives in the main process (on Windows: in the operating system's own protocol code); the
// renderer, which is sandboxed, sees messages only.
const { app, BrowserWindow, ipcMain } = require('electron');
const { join } = require('node:path');
const { component, connect } = require('websocket-protocol-component');

const URL = process.env.WEBSOCKET_URL ?? 'ws://127.0.0.1:8080/';

app.whenReady().then(async () => {
  const window = new BrowserWindow({ webPreferences: { preload: join(__dirname, 'preload.cjs') } });
  await window.loadFile(join(__dirname, 'renderer.html'));
  const show = (text) => {
    if (!window.isDestroyed()) window.webContents.send('message', text);
  };
  try {
    const connection = await connect(URL);
    show(`connected with the ${component.backend} backend`);
    ipcMain.handle('send', (_, text) => connection.send(String(text)));
    window.on('closed', () => connection.close(1001));
    for await (const message of connection) show(String(message));
    const { code, reason } = await connection.closed;
    show(`closed: ${code} ${reason}`);
  } catch (error) {
    show(error.message);
  }
});

app.on('window-all-closed', () => app.quit());
