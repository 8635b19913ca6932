import { block, Page } from '../harness/page.js';

const NEST_AND_US = `
import { Module } from '@nestjs/common';
import { LightbusModule } from 'nestjs-lightbus';
`;

export const page = new Page({
  path: 'docs/configuration.md',
  files: {
    'nothing/app.module.ts': [block('imports: [LightbusModule.forRoot()]')],
    'beside/app.module.ts': [block('features: []')],
    // An application that has a listener, and that module in it.
    'beside/store.module.ts': [
      `import { Injectable, Module } from '@nestjs/common';
      import { OnEvent } from 'nestjs-lightbus';
      import { AppModule } from './app.module.js';
      @Injectable()
      export class Stock {
        @OnEvent('store.orders.placed', { listenerName: 'reserve_stock' })
        reserve({ orderId }: { orderId: string }) { console.log('Reserved', orderId); }
      }
      @Module({ imports: [AppModule], providers: [Stock] })
      export class StoreModule {}`,
    ],
    // What `@nestjs/config` has.
    'nest-config.ts': [
      `import { Module } from '@nestjs/common';
      export class ConfigService {
        getOrThrow<T>(name: string): T { return \`\${name} of Nest's configuration\` as T; }
      }
      @Module({ providers: [ConfigService], exports: [ConfigService] })
      export class ConfigModule { static forRoot() { return { module: ConfigModule }; } }`,
    ],
    'calls.ts': [
      NEST_AND_US,
      `import { ConfigModule, ConfigService } from './nest-config.js';
      void Module;
      export const redis = () =>`,
      block("redis: 'redis://app:s3cret@redis_host"),
      'export const names = () =>',
      block("processName: 'worker1' }"),
      'export const file = () =>',
      block("forRoot({ config: 'lightbus.yaml' });"),
      'export const several = () =>',
      block("'lightbus.node.yaml']"),
      'export const asynchronous = () =>',
      block('LightbusModule.forRootAsync'),
    ],
  },
});
