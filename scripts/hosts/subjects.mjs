// The subjects of the matrix: the entries of the package, and `ws` for comparison. Each has a program for each module
// system that prints PASSED, and tests for the runners. A program echoes a message, or makes a client's handshake.
import { writeFileSync } from 'node:fs';
import path from 'node:path';

export const NAME = 'websocket-protocol-component';

const OWN = `
const echoOf = ({ connect, listen }) => async () => {
  const server = await listen({ host: '127.0.0.1', port: 0 }, async (c) => { for await (const m of c) await c.send(m); });
  const c = await connect('ws://127.0.0.1:' + server.address().port + '/');
  await c.send('hello');
  for await (const m of c) { await c.close(); await server.close(); return m; }
};`;
const DROP = `
const echoOf = ({ default: Socket, WebSocketServer: Server }) => () => new Promise((resolve, reject) => {
  const server = new Server({ host: '127.0.0.1', port: 0 }, () => {
    const socket = new Socket('ws://127.0.0.1:' + server.address().port + '/');
    socket.on('open', () => socket.send('hello'));
    socket.on('message', (m) => { socket.close(); socket.on('close', () => server.close(() => resolve(String(m)))); });
    socket.on('error', reject);
  });
  server.on('connection', (s) => s.on('message', (m) => s.send(m)));
  server.on('error', reject);
});`;
const HANDLE = `
const echoOf = ({ portable, component = portable }) => async () => {
  const handle = component.createClientHandle();
  const count = handle.beginClientHandshake().length;
  handle.delete();
  return count > 0 ? 'hello' : 'no headers';
};`;

/** For each entry: the name of its files, its specifier, and its program. */
export const subjects = {
  '.': { file: 'own', specifier: NAME, body: OWN },
  './ws': { file: 'drop-in', specifier: `${NAME}/ws`, body: DROP },
  './component': { file: 'component', specifier: `${NAME}/component`, body: HANDLE },
  './portable': { file: 'portable', specifier: `${NAME}/portable`, body: HANDLE },
  ws: { file: 'control', specifier: 'ws', body: DROP },
};

const REPORT = `
echoOf(X)().then((m) => { if (m !== 'hello') throw new Error('got ' + m); console.log('PASSED'); })
  .catch((e) => { console.error(e); process.exitCode = 1; });`;

/** The first lines of a program: X has the exports that the program uses. */
function loads({ file, specifier, body }) {
  if (body === DROP)
    return {
      mjs: `import Socket, { WebSocketServer } from '${specifier}';\nconst X = { default: Socket, WebSocketServer };`,
      cjs: `const X = require('${specifier}');\nX.default = X;`,
    };
  const names = body === OWN ? '{ connect, listen }' : file === 'portable' ? '{ portable }' : '{ component }';
  return {
    mjs: `import ${names} from '${specifier}';\nconst X = ${names};`,
    cjs: `const X = require('${specifier}');`,
  };
}

/**
 * Writes the programs and tests of all subjects.
 *
 * @param place - what to import for a specifier.
 */
export function writePrograms(folder, place = (specifier) => specifier) {
  for (const given of Object.values(subjects)) {
    const subject = { ...given, specifier: place(given.specifier) };
    const { file, body, specifier } = subject;
    const { mjs, cjs } = loads(subject);
    const write = (end, text) => writeFileSync(path.join(folder, `${file}.${end}`), text);
    write('mjs', mjs + body + REPORT);
    write('cjs', cjs + body + REPORT);
    write(
      'node-test.cjs',
      `${cjs}${body}
       const { mock, test } = require('node:test'); const assert = require('node:assert');
       test('echoes', async () => assert.equal(await echoOf(X)(), 'hello'));
       test('echoes while fake timers are on', async () => {
         mock.timers.enable();
         try { assert.equal(await echoOf(X)(), 'hello'); } finally { mock.timers.reset(); }
       });`,
    );
    write(
      'mocha.cjs',
      `${cjs}${body}
       const assert = require('node:assert');
       it('echoes', async () => assert.equal(await echoOf(X)(), 'hello'));
       it('echoes while fake timers are on', async () => {
         const clock = require('@sinonjs/fake-timers').install({ toNotFake: ['nextTick', 'queueMicrotask'] });
         try { assert.equal(await echoOf(X)(), 'hello'); } finally { clock.uninstall(); }
       });`,
    );
    write(
      'jest.cjs',
      `${cjs}${body}
       test('echoes', async () => expect(await echoOf(X)()).toBe('hello'));
       test('echoes while fake timers are on', async () => {
         jest.useFakeTimers();
         try { expect(await echoOf(X)()).toBe('hello'); } finally { jest.useRealTimers(); }
       });
       test('echoes after the registry was reset', async () => {
         jest.resetModules();
         const again = require('${specifier}');
         again.default ??= again;
         expect(again).not.toBe(X);
         expect(await echoOf(again)()).toBe('hello');
         expect(await echoOf(X)()).toBe('hello');
       });`,
    );
    write(
      'vitest.mjs',
      `import { expect, test, vi } from 'vitest';
       ${mjs}${body}
       test('echoes', async () => expect(await echoOf(X)()).toBe('hello'));
       test('echoes while fake timers are on', async () => {
         vi.useFakeTimers();
         try { expect(await echoOf(X)()).toBe('hello'); } finally { vi.useRealTimers(); }
       });
       test('echoes after the registry was reset', async () => {
         vi.resetModules();
         const again = await import('${specifier}');
         expect(await echoOf(again)()).toBe('hello');
         expect(await echoOf(X)()).toBe('hello');
       });`,
    );
  }
}
