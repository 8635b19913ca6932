import { buildLibrary } from './build-library.mjs';
import { installRedis } from './install-redis.mjs';

/** What tests need that start worker processes, servers or an installed package. Once per run. */
export default function globalSetup() {
  buildLibrary();
  installRedis();
}
