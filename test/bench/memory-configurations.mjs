/**
 * Every configuration of a listener that may keep something of an event.
 *
 * `listeners`: how many, where one alone would wait most of the time. `failures`: how often each handler fails
 * at first.
 */
export const CONFIGURATIONS = {
  plain: { listeners: 1, failures: 0, options: {} },
  timeout: { listeners: 1, failures: 0, options: { timeout: 30_000 } },
  'request scope': { listeners: 1, failures: 0, scope: true, options: {} },
  'request scope, timeout': {
    ...{ listeners: 1, failures: 0, scope: true },
    options: { timeout: 30_000 },
  },
  retries: { listeners: 100, failures: 1, options: { onError: 'retry' } },
  'retries, counted': {
    ...{ listeners: 100, failures: 1 },
    options: { onError: 'dead_letter', maxAttempts: 3, timeout: 30_000 },
  },
  'dead letters': {
    ...{ listeners: 1, failures: 0 },
    options: { onError: 'dead_letter', maxAttempts: 1, timeout: 30_000 },
  },
};
