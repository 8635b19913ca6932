/** @type {import('jest').Config} */
export default {
  testEnvironment: '<rootDir>/test/support/owning-environment.mjs',
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  setupFiles: ['reflect-metadata'],
  testMatch: ['<rootDir>/test/**/*.spec.ts', '<rootDir>/sample-app/test/**/*.spec.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/sample-app/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^nestjs-lightbus$': '<rootDir>/lib/index.ts',
    '^nestjs-lightbus/testing$': '<rootDir>/lib/testing/index.ts',
    '^nestjs-lightbus/health$': '<rootDir>/lib/health/index.ts',
    '^nestjs-lightbus/dashboard$': '<rootDir>/lib/dashboard/index.ts',
    '^nestjs-lightbus/telemetry$': '<rootDir>/lib/telemetry/index.ts',
    // The only files that are CommonJS: see there.
    '^(\\.{1,2}/.*optional-libraries)\\.cjs$': '$1.cts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  transform: {
    // The same output as tsc with our tsconfig.json: class fields by assignment, so that a field
    // without a value doesn't hide what class-transformer or a subclass has set.
    '\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        sourceMaps: 'inline',
        jsc: {
          target: 'es2022',
          keepClassNames: true,
          parser: { syntax: 'typescript', decorators: true },
          transform: {
            legacyDecorator: true,
            decoratorMetadata: true,
            useDefineForClassFields: false,
          },
        },
        module: { type: 'es6' },
      },
    ],
    '\\.cts$': [
      '@swc/jest',
      {
        swcrc: false,
        sourceMaps: 'inline',
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        module: { type: 'commonjs' },
      },
    ],
  },
  // For two cores: many files wait for processes and for Redis, and leave them to three more.
  maxWorkers: 5,
  testSequencer: '<rootDir>/test/support/slow-first.mjs',
  testTimeout: 20_000,
};
