import { buildLibrary } from './build-library.mjs';
import { installRedis } from './install-redis.mjs';

/** Folders of tests that run on the sources alone. */
const ON_SOURCES = /(^|\/)test\/(unit|contract|interop|support)(\/|$)/;

/** What tests need that start worker processes, servers or an installed package. Once per run. */
export default function globalSetup({ testPathPatterns }) {
  const { patterns } = testPathPatterns;
  const onSourcesOnly = patterns.length > 0 && patterns.every((path) => ON_SOURCES.test(path));
  if (!onSourcesOnly) buildLibrary();
  installRedis();
}
