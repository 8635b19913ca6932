import { block, Page } from '../harness/page.js';

/** `main.ts` as `nest new` writes it, with the line that README adds. */
const MAIN = `import { NestFactory } from '@nestjs/core';
  import { AppModule } from './app.module.js';

  async function bootstrap() {
    const app = await NestFactory.create(AppModule);
    app.enableShutdownHooks();
    await app.listen(process.env.PORT ?? 3000);
  }
  await bootstrap();`;

const EVENTS = block('export class OrderPlaced');

const README = new Page({ path: 'README.md' });
const MODULE = README.code('ts', 'export class AppModule');

/** README's module after what it says below 'An aggregate'. */
function withOrders(module: string): string {
  const more = replaced(module, 'providers: [Stock]', 'providers: [Stock, Orders]');
  return `import { Orders } from './order.js';\n${more}`;
}

/** README's module with the handler that fails, and as it is beside a worker. */
function beside(module: string): string {
  const handler = README.code('ts', "listenerName: 'charge'");
  const failing = replaced(module, 'export class Stock {', `export class Stock {\n${handler}`);
  return replaced(failing, /LightbusModule\.forRoot\(.*\),/, README.code('ts', 'features: []'));
}

function replaced(text: string, part: string | RegExp, by: string): string {
  const made = text.replace(part, () => by);
  if (made === text) throw new Error(`README's code has no '${String(part)}'.`);
  return made;
}

export const page = new Page({
  path: 'README.md',
  files: {
    'order.events.ts': [EVENTS],
    'app.module.ts': [block('export class AppModule')],
    'order.ts': [block('export class Orders ')],
    'main.ts': [MAIN],
    // README's module with what its readers add to it.
    'whole/order.events.ts': [EVENTS],
    'whole/app.module.ts': [withOrders(MODULE)],
    'whole/order.ts': [block('export class Orders ')],
    'whole/order.spec.ts': ["import { it } from '@jest/globals';", block('overrideLightbus(')],
    // API beside worker, with the handler that fails.
    'beside/dist/order.events.ts': [EVENTS],
    'beside/dist/app.module.ts': [beside(MODULE)],
    'beside/dist/main.ts': [MAIN],
  },
});
