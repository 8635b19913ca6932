import { block, Page } from '../harness/page.js';

export const page = new Page({
  path: 'docs/schemas.md',
  files: {
    'customer-called.ts': [block('export class CustomerCalled')],
    'dist/app.module.ts': [
      `import { Module } from '@nestjs/common';
      import { LightbusModule } from 'nestjs-lightbus';
      import { CustomerCalled } from '../customer-called.js';
      @Module({ imports: [LightbusModule.forRoot(), LightbusModule.forFeature([CustomerCalled])] })
      export class AppModule {}`,
    ],
  },
});
