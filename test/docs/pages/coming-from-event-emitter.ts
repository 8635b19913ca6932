import { block, Page } from '../harness/page.js';

export const page = new Page({
  path: 'docs/coming-from-event-emitter.md',
  files: {
    'before.ts': [block('EventEmitter2')],
    'after.ts': [block('nestjs-lightbus')],
  },
});
