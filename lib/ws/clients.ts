/**
 * The property `clients` of a server: a Set of the open sockets. It is made when the program first reads it. Many
 * programs never do, and a Set to which each connection is added costs a server 3 µs of garbage collection for each
 * short connection. The reason is that a Set often gets a new table, and the old table still refers to the sockets that
 * were in it. So these sockets look alive until the next full collection.
 */

/** A server with the property. */
interface Server<S> {
  clients: Set<S>;
}

export class Clients<S> {
  readonly #server: Server<S>;
  #isMade = false;
  #count = 0;

  /** @param open - returns the open sockets, in the order in which they opened. */
  constructor(server: Server<S>, open: () => Iterable<S>) {
    this.#server = server;
    Object.defineProperty(server, 'clients', {
      configurable: true,
      enumerable: true,
      get: () => this.#make(new Set(open())),
      set: (clients: Set<S>) => this.#make(clients),
    });
  }

  /** The number of open sockets; of those in the Set, once there is one. */
  get size(): number {
    return this.#isMade ? this.#server.clients.size : this.#count;
  }

  add(client: S): void {
    this.#count++;
    if (this.#isMade) this.#server.clients.add(client);
  }

  delete(client: S): void {
    this.#count--;
    if (this.#isMade) this.#server.clients.delete(client);
  }

  /** From now on the property is an ordinary one, as in `ws`. */
  #make(clients: Set<S>): Set<S> {
    this.#isMade = true;
    Object.defineProperty(this.#server, 'clients', {
      configurable: true,
      enumerable: true,
      writable: true,
      value: clients,
    });
    return clients;
  }
}
