import eslint from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

const NODE_GLOBALS = {
  AbortController: 'readonly',
  AbortSignal: 'readonly',
  Buffer: 'readonly',
  clearInterval: 'readonly',
  clearTimeout: 'readonly',
  console: 'readonly',
  fetch: 'readonly',
  process: 'readonly',
  setInterval: 'readonly',
  setTimeout: 'readonly',
  URL: 'readonly',
};

const BROWSER_GLOBALS = {
  addEventListener: 'readonly',
  document: 'readonly',
  DOMParser: 'readonly',
  EventSource: 'readonly',
  getSelection: 'readonly',
  location: 'readonly',
};

export default defineConfig(
  { ignores: ['**/dist/', '**/dist.*/', 'coverage/', '**/.redis/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  eslint.configs.recommended,
  {
    files: ['**/*.ts', '**/*.cts'],
    extends: [tseslint.configs.strictTypeChecked],
    // One project for all, the top-level one: it maps 'nestjs-lightbus' to lib/, so that the sample
    // is checked against the sources, without a build.
    languageOptions: {
      parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // The import rule counts `import type` only where the whole import is one.
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      // Nest's dynamic modules.
      '@typescript-eslint/no-extraneous-class': [
        'error',
        { allowWithDecorator: true, allowStaticOnly: true },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_$', destructuredArrayIgnorePattern: '^_' },
      ],
      // Numbers and what may be undefined are fine in a message.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true, allowNullish: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidOperator: true },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // Strings are spread here into code points on purpose.
      '@typescript-eslint/no-misused-spread': [
        'error',
        { allow: [{ from: 'lib', name: 'string' }] },
      ],
      // `'beginning' | string` is for the reader and the editor.
      '@typescript-eslint/no-redundant-type-constituents': 'off',
      // A method of a promising interface is async, so that it rejects rather than throws.
      '@typescript-eslint/require-await': 'off',
      // It believes that `signal.aborted` is still false after an await.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // Nest declares its options as classes and takes plain objects.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      eqeqeq: 'error',
    },
  },
  {
    files: ['lib/**/*.ts'],
    rules: {
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      // What nobody waits for is started by lib/timing/background.ts, which asks what is to become of its failure.
      '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: false }],
    },
  },
  {
    files: ['lib/**/*.ts'],
    ignores: ['lib/cli/**'],
    rules: { 'no-console': 'error' },
  },
  {
    files: ['lib/**/*.ts'],
    ignores: ['lib/config/**'],
    rules: {
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message: 'Only lib/config reads the environment.',
        },
      ],
      'no-restricted-imports': [
        'error',
        {
          paths: ['process', 'node:process'].map((name) => ({
            name,
            message: 'Use the global `process`; only lib/config reads its `env`.',
          })),
        },
      ],
    },
  },
  {
    files: ['lib/**/*.ts'],
    ignores: [
      'lib/config/**',
      // Where dates are for people and ids: what is stored, and moments that somebody names.
      'lib/timing/clock.ts',
      'lib/wire/event-id.ts',
      'lib/store/memory/memory.store.ts',
      'lib/cli/inspect/moment.ts',
    ],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: "MemberExpression[object.name='Date'][property.name='now']",
          message: 'The wall clock may be set back. Measure intervals by lib/timing/clock.ts.',
        },
      ],
    },
  },
  {
    files: ['test/**/*.ts', 'sample-app/test/**/*.ts'],
    rules: {
      // Jest's matchers and fixtures: `expect(mock.method)`, handlers that do nothing.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      // A fixture's shape is known to the test; `!` there fails the test where it is wrong.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Modules and services that are declared for one test.
      '@typescript-eslint/no-extraneous-class': 'off',
      // Handlers may reject with nothing, and must be survived.
      '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowEmptyReject: true }],
    },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: { globals: NODE_GLOBALS },
    rules: { eqeqeq: 'error' },
  },
  {
    files: ['lib/dashboard/assets/*.js'],
    languageOptions: { globals: BROWSER_GLOBALS },
  },
  {
    files: ['**/*.cjs'],
    languageOptions: { globals: { module: 'writable', require: 'readonly' } },
  },
);
