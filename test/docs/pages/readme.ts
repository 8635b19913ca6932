import { block, Page } from '../harness/page.js';

export const page = new Page({
  path: 'README.md',
  files: {
    'first/app.module.ts': [block('export class AppModule')],
    'first/main.ts': [block('NestFactory.createApplicationContext(AppModule)')],
  },
});
