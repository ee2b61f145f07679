// Says each line of the standard input in a room: `node client.mjs URL NAME ROOM`.
import { createInterface } from 'node:readline';
import { io } from 'socket.io-client';

const [url = 'http://127.0.0.1:8080', name = 'somebody', room = 'lobby'] = process.argv.slice(2);
const socket = io(url, { transports: ['websocket'], auth: { name, room } });

socket.on('connect', () => console.log('connected'));
socket.on('connect_error', (error) => console.error(error.message));
socket.on('joined', (who, where) => console.log(`${who} has joined ${where}`));
socket.on('said', (who, text) => console.log(`${who}: ${text}`));
socket.on('disconnect', (reason) => console.log('disconnected:', reason));

const lines = createInterface({ input: process.stdin });
lines.on('line', (text) => socket.emit('say', text));
lines.on('close', () => socket.close());
