import { AsyncLocalStorage } from 'node:async_hooks';

/** Those that the code of this process has used since {@link endAsyncStorages}. */
const used = new Set();

// Node hands the stores of all AsyncLocalStorages that were ever used on to every new promise, until they
// are disabled. Each test file makes its own, with its own copy of the modules that need them: a worker
// would become slower with every file.
for (const method of ['run', 'enterWith']) {
  const original = AsyncLocalStorage.prototype[method];
  AsyncLocalStorage.prototype[method] = function (...args) {
    used.add(this);
    return original.apply(this, args);
  };
}

/** Frees the process of the AsyncLocalStorages of a test file. For the file's end. */
export function endAsyncStorages() {
  for (const storage of used) storage.disable();
  used.clear();
}
