import vm from 'node:vm';

/** What V8 has made of the text of modules: `{ source, cachedData }` by the path of the file. */
const known = new Map();

const { SourceTextModule, compileFunction } = vm;

// Jest compiles every module anew for each test file: a worker would parse the same text dozens of times.
vm.SourceTextModule = class extends SourceTextModule {
  constructor(source, options) {
    const path = options?.identifier;
    const cachedData = cachedDataOf(path, source);
    super(source, { ...options, cachedData });
    if (!cachedData && isWorthKeeping(path, source)) {
      known.set(path, { source, cachedData: this.createCachedData() });
    }
  }
};

vm.compileFunction = (source, parameters, options) => {
  const path = options?.filename;
  const cachedData = cachedDataOf(path, source);
  const produceCachedData = !cachedData && isWorthKeeping(path, source);
  const compiled = compileFunction(source, parameters, {
    ...options,
    cachedData,
    produceCachedData,
  });
  if (produceCachedData) known.set(path, { source, cachedData: compiled.cachedData });
  return compiled;
};

function cachedDataOf(path, source) {
  const entry = known.get(path);
  return entry?.source === source ? entry.cachedData : undefined;
}

/** Test files are compiled once. And `import()` is refused in what comes from V8's cache. */
function isWorthKeeping(path, source) {
  return path !== undefined && !path.endsWith('.spec.ts') && !/\bimport\s*\(/.test(source);
}
