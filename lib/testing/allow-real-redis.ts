import { allowRedis } from '../lifecycle/test-on-redis.js';
import { internalsOf, type TestingBuilder } from './testing-builder.js';

/**
 * For integration tests: lets the modules under test connect to the Redis that their `LightbusModule` is configured for. Without it a
 * test is refused that would do so, as it may be a mistake; but for one that imports `LightbusModule` in
 * `Test.createTestingModule` itself, and so configures it.
 *
 * ```ts
 * const module = await allowRealRedis(Test.createTestingModule({ imports: [AppModule] })).compile();
 * ```
 *
 * @param builder what `Test.createTestingModule` returns.
 * @returns the same builder.
 * @throws ConfigurationError where it is no such builder.
 */
export function allowRealRedis<Builder extends TestingBuilder>(builder: Builder): Builder {
  allowRedis(internalsOf(builder, 'allowRealRedis').module);
  return builder;
}
