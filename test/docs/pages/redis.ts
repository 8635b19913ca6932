import { block, Page } from '../harness/page.js';

export const page = new Page({
  path: 'docs/redis.md',
  files: {
    'renewed.ts': [
      `import { LightbusModule } from 'nestjs-lightbus';
      const vault = { token: async (name: string) => \`token of \${name}\` };
      export const module = () => {`,
      block('vault.token'),
      'return connection_parameters; };',
    ],
  },
});
