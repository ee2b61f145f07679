/**
 * How a relay grows: `node bench/relay.mjs`. It spreads the subscribers of topics over servers at random and counts what the
 * engine and each server have to carry in a second. It measures nothing.
 */
const SEED = 1;

/** mulberry32: the same figures in each run. */
function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let value = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
}

/** @param rate - messages a second to each topic, published on a server at random. */
function simulate({ servers, topics, subscribers, rate }) {
  const next = random(SEED);
  let copies = 0;
  let hosts = 0;
  for (let topic = 0; topic < topics; topic++) {
    const interested = new Set();
    for (let index = 0; index < subscribers; index++) interested.add(Math.floor(next() * servers));
    hosts += interested.size;
    // The publishing server has the message already, but Redis gives it a copy if it subscribes.
    copies += interested.size * rate;
  }
  const published = topics * rate;
  return {
    published,
    copies,
    perServer: copies / servers,
    subscriptions: hosts,
    deliveries: topics * subscribers * rate,
  };
}

const ROWS = [
  { name: 'one chat', servers: 3, topics: 1000, subscribers: 20, rate: 1 },
  { name: 'a large chat', servers: 10, topics: 10_000, subscribers: 20, rate: 1 },
  { name: 'a very large chat', servers: 50, topics: 50_000, subscribers: 20, rate: 1 },
  { name: 'prices for all', servers: 10, topics: 500, subscribers: 5000, rate: 10 },
  { name: 'prices for all, more servers', servers: 50, topics: 500, subscribers: 25_000, rate: 10 },
  { name: 'one to one', servers: 50, topics: 500_000, subscribers: 1, rate: 0.1 },
];

const show = (value) => Math.round(value).toLocaleString('en');
console.log(
  '| | servers | topics | subscribers each | published /s | copies by the engine /s | into each server /s | deliveries to clients /s |',
);
console.log('|---|---|---|---|---|---|---|---|');
for (const row of ROWS) {
  const { published, copies, perServer, deliveries } = simulate(row);
  const cells = [row.servers, row.topics, row.subscribers, published, copies, perServer, deliveries].map(
    show,
  );
  console.log(`| ${[row.name, ...cells].join(' | ')} |`);
}
