import { Logger, ShutdownSignal } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';
import { sendBigIntsAsTexts } from './json-integers.js';

const app = await NestFactory.create<NestExpressApplication>(AppModule);
sendBigIntsAsTexts(app);

// On these signals what is under way is finished, then the process ends with code 0. Without
// useProcessExit Nest would kill it with the signal, which looks like a crash.
app.enableShutdownHooks([ShutdownSignal.SIGINT, ShutdownSignal.SIGTERM], { useProcessExit: true });

// Listens after every projection has caught up, so no request meets half of one.
await app.listen(process.env.PORT ?? 3000);
Logger.log(`The store listens on ${await app.getUrl()}`, 'Main');
