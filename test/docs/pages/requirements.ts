import { Page } from '../harness/page.js';

export const page = new Page({ path: 'docs/requirements.md' });
