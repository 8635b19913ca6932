import { provideRedisServer } from '../../sample-app/scripts/install-redis.mjs';
import { buildLibrary, buildSample } from './build-library.mjs';

/** Folders of tests that run on the sources alone. */
const ON_SOURCES = /(^|\/)(test\/(unit|contract|interop|servers|support)|sample-app\/test)(\/|$)/;

/** What tests need that start worker processes, servers or an installed package. Once per run. */
export default function globalSetup({ testPathPatterns }) {
  const { patterns } = testPathPatterns;
  const onSourcesOnly = patterns.length > 0 && patterns.every((path) => ON_SOURCES.test(path));
  if (!onSourcesOnly) {
    buildLibrary();
    buildSample();
  }
  // Tests that need no Redis tell something all the same; startRedis says why the others fail.
  const problem = provideRedisServer();
  if (problem) process.env.LIGHTBUS_TEST_REDIS_PROBLEM = problem;
}
