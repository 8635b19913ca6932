import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import typescript from 'typescript';
import { page as readme } from '../docs/pages/readme.js';
import { page as testingPage } from '../docs/pages/testing.js';
import { sharedRedis, uniqueName } from '../support/redis-server.js';
import { NewApplication, pack, type PackedPackage } from './new-application.js';

// npm may have to fetch Nest.
jest.setTimeout(300_000);

interface Manifest {
  readonly main: string;
  readonly types: string;
  readonly typesVersions: { readonly '*': Readonly<Record<string, readonly string[]>> };
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

interface Report {
  readonly fired: string;
  readonly handled: Readonly<Record<string, unknown>>;
  readonly wasOpenToTheEnd: boolean;
  readonly health: unknown;
  readonly isCommonJs: boolean;
}

const APPLICATION = 'test/package/application/main.ts';
const STOCK_VITEST = { '@nestjs/testing': '^12.0.0', vitest: '^4.1.2' };
const STOCK_JEST = { '@nestjs/testing': '^11.0.0', jest: '^30.0.0', 'ts-jest': '^29.2.5' };
const PEERS = {
  ...{ '@opentelemetry/api': '^1.9.0', '@types/node': '^20' },
  ...{ 'class-transformer': '^0.5.1', 'reflect-metadata': '^0.2.2' },
};

let packed: PackedPackage;
let manifest: Manifest;

beforeAll(async () => {
  packed = await pack();
  manifest = JSON.parse(await readFile('package.json', 'utf8')) as Manifest;
});

function commandFiles(): string[] {
  const files = Object.values(manifest.bin).map((path) => path.replace(/^\.\//, ''));
  return files.filter((file) => !file.startsWith('dist/'));
}

/** `@nestjs/core/injector/module.js` is of the package `@nestjs/core`. */
function packageOf(name: string): string {
  const parts = name.replace(/^node:/, '').split('/');
  return parts.slice(0, name.startsWith('@') ? 2 : 1).join('/');
}

/** README's application and its test, in a folder that may have files of other tests. */
async function writeReadme(app: NewApplication, type: 'module' | 'commonjs'): Promise<string[]> {
  const names: string[] = [];
  for (const [path, text] of readme.files()) {
    const [, name] = /^whole\/(.*)$/.exec(path) ?? [];
    if (name === undefined) continue;
    // What README says of CommonJS; and Vitest has no import of ours, but globals.
    const written =
      type === 'commonjs'
        ? text.replaceAll(/( from '\.\/[\w.]+)\.js'/g, "$1'")
        : text.replace(/^import .* from '@jest\/globals';$/m, '');
    await app.write(name, written);
    names.push(name);
  }
  return names;
}

describe('the packed package', () => {
  it('holds the build, its types, the command and the documents, and nothing else', () => {
    const charts = ['latency', 'throughput'].flatMap((name) =>
      ['dark', 'light'].map((theme) => `docs/performance/${name}-${theme}.svg`),
    );
    const pages = readdirSync('docs').filter((file) => file.endsWith('.md'));
    const documents = [
      ...['ARCHITECTURE.md', 'CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'],
      ...[...pages.map((file) => `docs/${file}`), ...charts],
      // What the page brings to browsers, as it is.
      ...['icon.svg', 'script.js', 'style.css'].map((file) => `lib/dashboard/assets/${file}`),
      ...['docs/telemetry/alerts.yml', 'docs/telemetry/grafana-dashboard.json'],
    ];
    const build = packed.files.filter((file) => file.startsWith('dist/'));
    const others = packed.files.filter((file) => !file.startsWith('dist/'));

    expect(others.sort()).toEqual([...documents, ...commandFiles()].sort());
    expect(build).toEqual(expect.arrayContaining(['dist/index.js', 'dist/index.d.ts']));
    for (const file of build) {
      const source = file
        .replace(/^dist\//, 'lib/')
        .replace(/\.(js|d\.ts|js\.map)$/, '.ts')
        .replace(/\.(cjs|d\.cts|cjs\.map)$/, '.cts');
      expect({ file, isFromLib: existsSync(source) }).toEqual({ file, isFromLib: true });
      expect(file).not.toMatch(/\.spec\./);
    }
  });

  it('has every file that package.json points to', () => {
    const targets = [
      ...Object.values(manifest.exports).flatMap((target) =>
        typeof target === 'string' ? [target] : Object.values(target),
      ),
      ...Object.values(manifest.typesVersions['*']).flat(),
      manifest.main,
      manifest.types,
      ...Object.values(manifest.bin),
    ].map((target) => target.replace(/^\.\//, ''));
    expect(packed.files).toEqual(expect.arrayContaining(targets));
  });

  it('imports, in code and in types, only what is in it or what it declares', async () => {
    const { dependencies, peerDependencies } = manifest;
    const declared = [dependencies, peerDependencies].flatMap((packages) => Object.keys(packages));
    const available = new Set([...declared, ...builtinModules]);
    const sources = packed.files.filter((file) => /^dist\/.*\.(js|d\.ts|cjs|d\.cts)$/.test(file));
    const missing: string[] = [];
    for (const file of sources) {
      const { importedFiles } = typescript.preProcessFile(await readFile(file, 'utf8'));
      for (const { fileName: name } of importedFiles) {
        const isThere = name.startsWith('.')
          ? packed.files.includes(join(dirname(file), name))
          : available.has(packageOf(name));
        if (!isThere) missing.push(`${file}: ${name}`);
      }
    }
    expect(sources.length).toBeGreaterThan(50);
    expect(missing).toEqual([]);
  });
});

describe.each([
  {
    nest: '12',
    type: 'module',
    modules: ['nodenext'],
    versions: { 'class-validator': '^0.15.0', typescript: '^6.0.0', ...STOCK_VITEST },
  },
  {
    nest: '11',
    type: 'commonjs',
    modules: ['commonjs', 'nodenext'],
    versions: { 'class-validator': '^0.14.0', typescript: '^5.7.3', ...STOCK_JEST },
  },
] as const)('in a new Nest $nest application ($type)', ({ nest, type, modules, versions }) => {
  let app: NewApplication;
  let installationLog: string;

  beforeAll(async () => {
    const { app: created, installed } = await NewApplication.create(type, {
      ...PEERS,
      '@nestjs/common': `^${nest}.0.0`,
      '@nestjs/core': `^${nest}.0.0`,
      ...versions,
      'nestjs-lightbus': `file:${packed.tarball}`,
      rxjs: '^7.8.1',
    });
    app = created;
    installationLog = installed.stdout + installed.stderr;
  });

  it('is installed without a conflict of peers or a second Nest', async () => {
    expect(installationLog).not.toMatch(/ERESOLVE|peer/i);
    const tree = JSON.parse(
      await readFile(join(app.dir, 'node_modules/.package-lock.json'), 'utf8'),
    ) as { packages: Record<string, { version: string }> };
    const nests = Object.entries(tree.packages).filter(([path]) => path.endsWith('@nestjs/core'));
    expect(nests).toEqual([['node_modules/@nestjs/core', expect.anything()]]);
    expect(nests[0]?.[1].version.split('.')[0]).toBe(nest);
  });

  it.each(modules)('type-checks with module %s, fires an event, handles it', async (module) => {
    const redis = await sharedRedis();
    const api = uniqueName('packaged');

    await app.copy(APPLICATION, 'main.ts');
    await app.compile(module);
    const { stdout } = await app.node(['main.js'], { API: api, LIGHTBUS_URL: redis.url });

    const report = JSON.parse(stdout) as Report;
    const entries = await redis.client().xrange(`${api}.*:stream`, '-', '+');
    const eventIds = entries.filter(([, fields]) => fields.includes('placed')).map(([id]) => id);
    expect(eventIds).toEqual([report.fired]);
    expect(report).toEqual({
      fired: expect.stringMatching(/^\d+-\d+$/),
      handled: {
        isInstance: true,
        quantity: 3,
        placedAt: '1970-01-01T00:00:00.000Z',
        nativeId: report.fired,
        consumerGroup: 'store-reserve_stock',
      },
      wasOpenToTheEnd: true,
      health: 'up',
      isCommonJs: type === 'commonjs',
    });
  });

  it('can be loaded with require and with import, each entry point', async () => {
    const entries = Object.keys(manifest.exports).filter((entry) => !entry.endsWith('.json'));
    const names = entries.map((entry) => entry.replace('.', 'nestjs-lightbus'));
    // They would be two libraries with two registries, if they weren't the same module.
    const script = `
      const require = process.getBuiltinModule('module').createRequire(process.cwd() + '/');
      for (const name of ${JSON.stringify(names)}) {
        const [[key, value]] = Object.entries(await import(name));
        console.log(name, require(name)[key] === value);
      }`;
    const { stdout } = await app.node(['--input-type=module', '--eval', script]);
    expect(stdout.trim().split('\n')).toEqual(names.map((name) => `${name} true`));
  });

  it('tells of second copies of packages, and refuses what nobody would call', async () => {
    const packages = ['nestjs-lightbus', 'class-transformer', 'class-validator'];
    await app.duplicatePackages('feature', packages);
    await app.copy('test/package/application/feature/feature.mjs', 'feature/feature.mjs');
    await app.copy('test/package/application/copies.mjs', 'copies.mjs');

    const { stdout } = await app.node(['copies.mjs']);
    const told = JSON.parse(stdout) as Record<string, string> & { readonly copies: string[] };
    const places = (name: string) => [
      join(app.dir, 'node_modules', name),
      join(app.dir, 'feature/node_modules', name),
    ];
    const [own = '', other = ''] = places('nestjs-lightbus');
    expect(told.handlers).toBe(
      'ListenerDefinitionError: FeatureListener.handle would never be called: its @OnEvent is that of ' +
        `another copy of nestjs-lightbus: ${other}, and this application runs ${own}. ` +
        'Leave one: npm ls nestjs-lightbus shows who needs which.',
    );
    expect(told.feature).toContain(`${other} registers the events, and ${own} is loaded, too`);
    expect(told.copies).toEqual(
      packages.slice(1).map((name) => expect.stringContaining(`2 copies of ${name} are loaded: `)),
    );
    for (const [i, name] of packages.slice(1).entries()) {
      for (const place of places(name)) expect(told.copies[i]).toContain(place);
      expect(told.copies[i]).toContain(`npm ls ${name}`);
    }
    expect(told.copies[0]).toMatch(/does not know the decorators .* on Ordered, Line: what/);
    expect(told.lazy).toMatch(
      /^ListenerDefinitionError: LateModule was loaded lazily, .*: Late\.handle \(LateModule\)/,
    );
  });

  it("passes README's test, as nest new sets tests up", async () => {
    const files = await writeReadme(app, type);
    if (type === 'module') {
      // With no more settings of Vitest than nest new has.
      await app.write('vitest.config.mjs', 'export default { test: { globals: true } };');
      await app.configureTypeScript('nodenext', files);
      const { stdout } = await app.node(['node_modules/vitest/vitest.mjs', 'run', 'order.spec.ts']);
      expect(stdout).toMatch(/Tests .*1 passed/);
    } else {
      const stock = { moduleFileExtensions: ['js', 'json', 'ts'], testEnvironment: 'node' };
      const recipe = JSON.parse(testingPage.code('json')) as Record<string, unknown>;
      await app.write('jest.config.json', JSON.stringify({ ...stock, ...recipe }));
      await app.configureTypeScript('commonjs', files);
      const { stderr } = await app.node(['node_modules/jest/bin/jest.js', '--ci', '--no-cache']);
      expect(stderr).toContain('Tests:       1 passed, 1 total');
    }
  });

  it('works with its own command, and is refused by that of another installation', async () => {
    await app.write(
      'app.module.mjs',
      `import 'reflect-metadata';
      import { Module } from '@nestjs/common';
      import { Event, LightbusModule } from 'nestjs-lightbus';
      class Placed {}
      Event('store.orders.placed')(Placed);
      export class AppModule {}
      Module({ imports: [LightbusModule.forRoot(), LightbusModule.forFeature([Placed])] })(AppModule);`,
    );
    const [command = ''] = commandFiles();
    const { url } = await sharedRedis();
    const config = { bus: { schema: { transport: { redis: { url } } } } };
    await app.write('lightbus.json', JSON.stringify(config));
    const args = ['dumpschema', '--config', 'lightbus.json', '--bus', 'app.module.mjs'];
    const own = await app.node([join('node_modules/nestjs-lightbus', command), ...args]);
    expect(JSON.parse(own.stdout)).toHaveProperty(['store.orders', 'events', 'placed']);

    await expect(app.node([resolve(command), ...args])).rejects.toThrow(
      /error: .*app\.module\.mjs uses another installation of nestjs-lightbus than this command: .*npx lightbus/,
    );
  });
});

describe('in an application without the optional peers', () => {
  it('fires and handles events of defineEvent, and says what classes would need', async () => {
    const { app, installed } = await NewApplication.create('module', {
      ...{ '@nestjs/common': '^12.0.0', '@nestjs/core': '^12.0.0', rxjs: '^7.8.1' },
      ...{ 'reflect-metadata': '^0.2.2', zod: '^4.0.0' },
      'nestjs-lightbus': `file:${packed.tarball}`,
    });
    expect(installed.stdout + installed.stderr).not.toMatch(/ERESOLVE|peer/i);
    expect(existsSync(join(app.dir, 'node_modules/class-validator'))).toBe(false);
    await app.copy('test/package/application/without-classes.mjs', 'main.mjs');

    const { stdout } = await app.node(['main.mjs']);
    expect(JSON.parse(stdout)).toEqual({
      handled: { isInstance: true, quantity: 3 },
      refused: expect.stringContaining('as it is no valid Placed: quantity: '),
      classes:
        'EventDefinitionError: Classes with @Event need class-validator and class-transformer, which ' +
        "can't be found: npm install class-validator class-transformer. Events of defineEvent need neither.",
      telemetry: expect.stringContaining('npm install @opentelemetry/api'),
    });
  });
});
