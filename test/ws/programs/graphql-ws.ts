/** graphql-ws: a server on the drop-in's WebSocketServer and a client with its class. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { load, ours, report } from './redirected.js';

interface Sink {
  next(value: unknown): void;
  error(error: unknown): void;
  complete(): void;
}
interface Client {
  subscribe(operation: object, sink: Sink): () => void;
  iterate(operation: object): AsyncIterable<{ data: unknown }>;
  dispose(): Promise<void>;
  on(event: string, listener: (...args: unknown[]) => void): void;
}

const { GraphQLObjectType, GraphQLSchema, GraphQLString, GraphQLInt } = load('graphql') as {
  GraphQLObjectType: new (config: object) => object;
  GraphQLSchema: new (config: object) => object;
  GraphQLString: object;
  GraphQLInt: object;
};
const { useServer } = load('graphql-ws/use/ws') as {
  useServer: (options: object, server: unknown) => { dispose(): Promise<void> };
};
const { createClient } = load('graphql-ws') as { createClient: (options: object) => Client };

const schema = new GraphQLSchema({
  query: new GraphQLObjectType({
    name: 'Query',
    fields: { hello: { type: GraphQLString, resolve: () => 'world' } },
  }),
  subscription: new GraphQLObjectType({
    name: 'Subscription',
    fields: {
      countdown: {
        type: GraphQLInt,
        args: { from: { type: GraphQLInt } },
        subscribe: async function* (_: unknown, { from }: { from: number }) {
          for (let count = from; count >= 0; count--) {
            await new Promise((resolve) => setImmediate(resolve));
            yield { countdown: count };
          }
        },
      },
    },
  }),
});

report(async () => {
  const did: unknown[] = [];
  const server = new ours.WebSocketServer({ port: 0, host: '127.0.0.1', path: '/graphql' });
  await once(server, 'listening');
  const disposable = useServer({ schema }, server);
  const client = createClient({
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    webSocketImpl: ours.WebSocket,
    lazy: false,
  });
  client.on('opened', (socket) => did.push(['opened', socket instanceof ours.WebSocket]));
  for await (const { data } of client.iterate({ query: '{ hello }' })) did.push(data);
  for await (const { data } of client.iterate({ query: 'subscription { countdown(from: 3) }' }))
    did.push(data);
  await new Promise<void>((resolve) => {
    client.subscribe(
      { query: '{ nothing }' },
      { next: () => {}, error: (error) => resolve(void did.push(Array.isArray(error))), complete: resolve },
    );
  });
  await client.dispose();
  await disposable.dispose();
  return did;
});
