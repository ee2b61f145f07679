/** Relays: topics of servers in many processes, over the engine that a program already has. */
export { cluster, clusterPrimary } from './cluster.js';
export { ioredis } from './ioredis.js';
export type { IoredisClient } from './ioredis.js';
export { nats } from './nats.js';
export type { NatsConnection } from './nats.js';
export type { ChannelOptions } from './options.js';
export { redis } from './redis.js';
export type { RedisClient } from './redis.js';
export { relay, Relay } from './relay.js';
export type { RelayCounters, RelayEvents } from './relay.js';
export { threads } from './threads.js';
export type { RelayTransport, RelayTransportEvents } from './transport.js';
