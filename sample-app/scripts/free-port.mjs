import { createServer } from 'node:net';

/** The first port from `preferred` on that nothing listens on; 0 takes any. */
export async function freePort(preferred, host) {
  for (let port = preferred; port <= 65_535; port++) {
    const found = await tryPort(port, host);
    if (found !== undefined) return found;
  }
  throw new Error(`No free port from ${preferred} on.`);
}

function tryPort(port, host) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => {
      // EACCES: a port that only root may listen on.
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(undefined);
      else reject(error);
    });
    server.listen(port, host, () => {
      const { port: found } = server.address();
      server.close(() => resolve(found));
    });
  });
}
