// Imports one module, the file that is the argument, and prints what that cost: milliseconds until it is there,
// milliseconds of processor time, megabytes of memory, and the number of files.
const { performance } = require('node:perf_hooks');

const [, , file] = process.argv;
const memory = process.memoryUsage().rss;
const processor = process.cpuUsage();
const started = performance.now();
require(file);
const time = performance.now() - started;
const { user, system } = process.cpuUsage(processor);
console.log(
  JSON.stringify({
    time,
    processor: (user + system) / 1000,
    memory: (process.memoryUsage().rss - memory) / 1e6,
    files: Object.keys(require.cache).length - 1,
  }),
);
