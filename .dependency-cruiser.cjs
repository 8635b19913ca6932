/**
 * The room table of ARCHITECTURE.md as rules. Every room may import itself, errors.ts, fire-errors.ts, logger.ts,
 * channels/ and the types of config/; beyond that only the rooms that are named here.
 */
const ROOMS = {
  // A message may quote strangers: it is made printable.
  '^lib/errors\\.ts$': ['^lib/wire/printable\\.ts$'],
  '^lib/fire-errors\\.ts$': [],
  // Whoever logs: what is logged is made printable.
  '^lib/logger\\.ts$': ['^lib/wire/printable\\.ts$'],
  '^lib/timing/': [],
  // What is told of an event.
  '^lib/channels/': ['^lib/event/'],
  // An option may be an entry id, or a time that a timer has to wait.
  '^lib/config/': ['^lib/wire/', '^lib/timing/longest-timer\\.ts$'],
  // The published schema is about what is written.
  '^lib/event/': ['^lib/wire/json-(reader|writer)\\.ts$'],
  '^lib/wire/': ['^lib/event/'],
  '^lib/redis/': ['^lib/timing/', '^lib/wire/printable\\.ts$'],
  '^lib/durability/': ['^lib/timing/', '^lib/redis/', '^lib/wire/printable\\.ts$'],
  '^lib/store/': ['^lib/event/', '^lib/wire/', '^lib/timing/', '^lib/redis/', '^lib/durability/'],
  '^lib/listener/': ['^lib/event/'],
  '^lib/reading/': ['^lib/wire/', '^lib/timing/', '^lib/store/', '^lib/listener/'],
  '^lib/handling/': [
    '^lib/schema/remote/remote-schemas\\.ts$',
    '^lib/event/',
    '^lib/wire/',
    '^lib/timing/',
    '^lib/store/',
    '^lib/listener/',
    '^lib/reading/',
  ],
  '^lib/lifecycle/': [
    '^lib/schema/remote/remote-schemas\\.ts$',
    '^lib/event/',
    '^lib/wire/',
    '^lib/timing/',
    '^lib/store/',
    '^lib/listener/',
    '^lib/reading/',
    '^lib/handling/',
    '^lib/projections/',
  ],
  '^lib/operations/': [
    '^lib/event/',
    '^lib/wire/',
    '^lib/timing/',
    '^lib/redis/',
    '^lib/store/',
    '^lib/reading/',
    '^lib/lifecycle/',
    // What has stopped is seen beside what listens.
    '^lib/projections/',
  ],
  '^lib/bus/': [
    '^lib/event/',
    '^lib/wire/',
    '^lib/timing/',
    '^lib/store/',
    // Nothing is stored before its schema is published.
    '^lib/schema/publication/schema-publisher\\.ts$',
    // What no class describes, another service may have.
    '^lib/schema/remote/remote-schemas\\.ts$',
  ],
  '^lib/aggregates/': ['^lib/event/', '^lib/wire/', '^lib/timing/', '^lib/store/', '^lib/bus/'],
  '^lib/projections/': [
    '^lib/event/',
    '^lib/wire/',
    '^lib/timing/',
    '^lib/store/',
    '^lib/listener/',
    // Handlers and projections fail with whatever the application throws.
    '^lib/handling/describe-error\\.ts$',
    '^lib/bus/',
  ],
  '^lib/http/': [],
  '^lib/schema/': ['^lib/event/', '^lib/wire/', '^lib/timing/', '^lib/redis/'],
};

/** Outside faces: they import anything but each other. */
const FACES = ['^lib/health/', '^lib/testing/', '^lib/cli/', '^lib/dashboard/', '^lib/telemetry/'];

/** The provider list and the named exports: they import every room, and only faces import them. */
const ROOTS = '^lib/(lightbus\\.(module|factories)|index)\\.ts$';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...Object.entries(ROOMS).map(([room, others]) => ({
      name: `room ${room}`,
      severity: 'error',
      comment: 'See the room table of ARCHITECTURE.md.',
      from: { path: room },
      to: {
        path: '^lib/',
        pathNot: [room, ...shared(room), ...others],
      },
    })),
    {
      name: 'config by type only',
      severity: 'error',
      comment: 'Options are declared once, in config/; a room takes their types, not their code.',
      from: { path: '^lib/', pathNot: ['^lib/config/', '^lib/listener/', ROOTS, ...FACES] },
      to: { path: '^lib/config/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'config by type only, but for the options of listeners',
      severity: 'error',
      comment: 'A decorator is applied before there is a configuration that could be handed to it.',
      from: { path: '^lib/listener/' },
      to: {
        path: '^lib/config/',
        pathNot: '^lib/config/options/listener\\.options\\.ts$',
        dependencyTypesNot: ['type-only'],
      },
    },
    ...FACES.map((face) => ({
      name: `face ${face}`,
      severity: 'error',
      comment: 'Outside faces never import each other; but the command serves the page.',
      from: { path: face },
      to: {
        path: FACES.filter((other) => other !== face),
        pathNot: face === '^lib/cli/' ? '^lib/dashboard/standalone/serve-dashboard\\.ts$' : '^$',
      },
    })),
    {
      name: 'roots know no face',
      severity: 'error',
      from: { path: ROOTS },
      to: { path: FACES },
    },
    {
      name: 'known rooms only',
      severity: 'error',
      comment: 'A new room needs its line in ARCHITECTURE.md and here.',
      from: { path: '^lib/', pathNot: [...Object.keys(ROOMS), ...FACES, ROOTS] },
      to: {},
    },
    {
      name: 'no cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'ioredis in its room',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/redis/' },
      to: { path: '(^|node_modules/)ioredis(/|$)' },
    },
    {
      name: 'sample by the front door',
      severity: 'error',
      comment: 'The sample is a user: it imports nestjs-lightbus and its entry points.',
      from: { path: '^sample-app/' },
      to: { path: '^lib/', pathNot: '^lib/(testing/|health/|telemetry/|dashboard/)?index\\.ts$' },
    },
    {
      name: 'no tests in the package',
      severity: 'error',
      from: { path: '^lib/' },
      to: { path: '^(test|sample-app)/' },
    },
    {
      name: 'declared packages only',
      severity: 'error',
      from: {},
      to: {
        dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'undetermined'],
        // An optional peer counts as none, too. And this is a file of ours: see `resolvable`.
        dependencyTypesNot: ['npm-peer'],
        pathNot: 'optional-libraries\\.cjs$',
      },
    },
    {
      name: 'no development packages in the package',
      severity: 'error',
      from: { path: '^lib/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm-peer'] },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      // TypeScript finds the .cts of it.
      to: { couldNotResolve: true, pathNot: 'optional-libraries\\.cjs$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.d.ts'],
    },
  },
};

function shared(room) {
  if (room === '^lib/errors\\.ts$') return [];
  return ['^lib/(?:fire-)?errors\\.ts$', '^lib/logger\\.ts$', '^lib/config/', '^lib/channels/'];
}
