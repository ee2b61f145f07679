// The connection is in a utility process, so that many messages never delay the main process. Messages go between that
// process and the renderer directly, through a channel. The main process only starts both and connects them.
const { app, BrowserWindow, MessageChannelMain, utilityProcess } = require('electron');
const { join } = require('node:path');

app.whenReady().then(async () => {
  const window = new BrowserWindow({ webPreferences: { preload: join(__dirname, 'preload.cjs') } });
  const child = utilityProcess.fork(join(__dirname, 'connection.cjs'), [], { serviceName: 'WebSocket' });
  let isOpen = true;
  let isRunning = true;
  child.once('exit', (code) => {
    isRunning = false;
    if (isOpen) window.webContents.send('ended', `the process of the connection has ended with ${code}`);
    else app.quit();
  });
  // The window's end of the channel goes away with the window. The process then closes its connection and ends.
  window.once('closed', () => {
    isOpen = false;
    if (!isRunning) app.quit();
  });
  await window.loadFile(join(__dirname, 'renderer.html'));
  if (!isOpen) return;
  const { port1, port2 } = new MessageChannelMain();
  child.postMessage('port', [port1]);
  window.webContents.postMessage('port', null, [port2]);
});

// Without a listener Electron quits before the connection is closed.
app.on('window-all-closed', () => {});
