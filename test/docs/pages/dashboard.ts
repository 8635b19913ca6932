import { block, Page } from '../harness/page.js';

export const page = new Page({
  path: 'docs/dashboard.md',
  files: {
    'app.module.ts': [block('export class AppModule')],
    'operator.guard.ts': [block('export class OperatorGuard')],
    'mask.ts': [block('mask: (event, payload)')],
    'asynchronous.ts': [block('forRootAsync({')],
    'settings.ts': [
      `import { Module } from '@nestjs/common';

      export class Settings { readonly dashboardSecret = 'a secret of thirty-two characters'; }

      @Module({ providers: [Settings], exports: [Settings] })
      export class SettingsModule {}`,
    ],
  },
});
