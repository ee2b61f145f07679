const { contextBridge, ipcRenderer } = require('electron');

contextBridge.exposeInMainWorld('chat', {
  send: (text) => ipcRenderer.invoke('send', text),
  onMessage: (listener) => ipcRenderer.on('message', (_, text) => listener(text)),
});
