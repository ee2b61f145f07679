/** Servers of the benches listen on the loopback interface, on a free port. */
export const LOOPBACK = '127.0.0.1';

/** Listens, and gives the port. */
export const portOf = (server) =>
  new Promise((resolve) => server.listen(0, LOOPBACK, 4096, () => resolve(server.address().port)));
