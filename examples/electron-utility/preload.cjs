const { contextBridge, ipcRenderer } = require('electron');

let port;
let show = () => {};
const early = [];

ipcRenderer.once('port', (event) => {
  [port] = event.ports;
  port.onmessage = ({ data }) => show(data);
  for (const text of early.splice(0)) port.postMessage(text);
});
ipcRenderer.on('ended', (_, text) => show(text));

contextBridge.exposeInMainWorld('chat', {
  send: (text) => (port === undefined ? void early.push(text) : port.postMessage(text)),
  onMessage: (listener) => (show = listener),
});
