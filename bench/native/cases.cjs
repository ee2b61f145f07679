// Measures both backends, each through its bulk driver and through the action loop. Runs inside Windows' node.exe.
const os = require('node:os');
const path = require('node:path');
const { performance } = require('node:perf_hooks');

const lib = path.join(__dirname, '../../dist/lib');
const { loadNative, portable } = require(path.join(lib, 'component/index.js'));
const { openSession } = require(path.join(lib, 'session/index.js'));
const { BufferType } = require(path.join(lib, 'component/contract.js'));

const components = { portable, native: loadNative() };
const ROUNDS = 7;
const VOLUME = 1 << 20;
const CHUNK = 1 << 16;

function sessions(component, driver) {
  const server = component.createServerHandle();
  const client = component.createClientHandle();
  const requestHeaders = [{ name: 'Host', value: 'localhost' }, ...client.beginClientHandshake()];
  client.endClientHandshake(server.beginServerHandshake({ requestHeaders }));
  server.endServerHandshake();
  return { server: openSession(server, { driver }), client: openSession(client, { driver }) };
}

const seen = { bytes: 0 };
const sink = {
  data(type, bytes, start, end) {
    seen.bytes += end - start;
  },
  pong() {},
  close() {},
};

/** One pass of a case; returns milliseconds. */
function parsing(component, driver, size, count) {
  const { server } = sessions(component, driver);
  const { client } = sessions(portable, 'auto');
  for (let index = 0; index < count; index++)
    client.send(BufferType.BinaryMessage, new Uint8Array(size).fill(index));
  const stream = Buffer.concat(client.takeOutput());
  const chunks = [];
  for (let at = 0; at < stream.length; at += CHUNK) chunks.push(stream.subarray(at, at + CHUNK));
  return () => {
    const fresh = chunks.map((chunk) => Buffer.from(chunk));
    seen.bytes = 0;
    const begin = performance.now();
    for (const chunk of fresh) server.receive(chunk, sink);
    const time = performance.now() - begin;
    if (seen.bytes !== size * count) throw new Error(`${seen.bytes} bytes of ${size * count}`);
    return time;
  };
}

function sending(component, driver, size, count) {
  const { client } = sessions(component, driver);
  const payload = new Uint8Array(size).fill(7);
  const batch = Math.max(1, Math.floor(CHUNK / size));
  return () => {
    let bytes = 0;
    const begin = performance.now();
    for (let index = 0; index < count;) {
      const end = Math.min(count, index + batch);
      for (; index < end; index++) client.send(BufferType.BinaryMessage, payload);
      for (const chunk of client.takeOutput()) bytes += chunk.length;
    }
    const time = performance.now() - begin;
    if (bytes < size * count) throw new Error(`${bytes} bytes`);
    return time;
  };
}

const results = [];
for (const [work, makeCase] of Object.entries({ 'parse masked': parsing, 'send masked': sending })) {
  for (const [size, name] of [
    [32, '32 B'],
    [1024, '1 KiB'],
    [16384, '16 KiB'],
  ]) {
    const count = Math.max(16, Math.min(4000, VOLUME / size));
    const cases = {};
    for (const backend of ['portable', 'native']) {
      cases[`${backend} bulk`] = makeCase(components[backend], 'auto', size, count);
      cases[`${backend} loop`] = makeCase(components[backend], 'action-loop', size, count);
    }
    const times = {};
    for (const pass of Object.values(cases)) for (let turn = 0; turn < 8; turn++) pass();
    for (let round = 0; round < ROUNDS; round++) {
      for (const [each, pass] of Object.entries(cases)) (times[each] ??= []).push((pass() * 1e6) / count);
    }
    for (const each of Object.keys(times)) times[each] = times[each].sort((a, b) => a - b)[ROUNDS >> 1];
    results.push({ title: `${work} ${name}`, times });
  }
}
const where =
  process.env.WINEPREFIX === undefined
    ? `${os.version()}, Node ${process.version}`
    : `Node ${process.version} in Wine, stand-in DLL`;
console.log(JSON.stringify({ where, results }));
