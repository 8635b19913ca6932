/**
 * Every configuration of a listener that may keep something of an event.
 *
 * `listeners`: how many, where one alone would wait most of the time. `failures`: how often each handler fails
 * at first. `share`: of the events of the others, where they would take too long.
 */
export const CONFIGURATIONS = {
  plain: { listeners: 1, failures: 0, options: {} },
  timeout: { listeners: 1, failures: 0, options: { timeout: 30_000 } },
  'request scope': { share: 0.02, listeners: 1, failures: 0, scope: true, options: {} },
  'request scope, timeout': {
    ...{ listeners: 1, failures: 0, scope: true, share: 0.02 },
    options: { timeout: 30_000 },
  },
  retries: { share: 0.02, listeners: 100, failures: 1, options: { onError: 'retry' } },
  'retries, counted': {
    ...{ listeners: 100, failures: 1, share: 0.02 },
    options: { onError: 'dead_letter', maxAttempts: 3, timeout: 30_000 },
  },
  'dead letters': {
    ...{ listeners: 1, failures: 0, share: 0.02 },
    options: { onError: 'dead_letter', maxAttempts: 1, timeout: 30_000 },
  },
};
