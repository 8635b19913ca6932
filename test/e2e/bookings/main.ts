import { ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';

const app = await NestFactory.create(AppModule);
const transformOptions = { enableImplicitConversion: true }; // dates of JSON
app.useGlobalPipes(new ValidationPipe({ whitelist: true, transform: true, transformOptions }));
app.enableShutdownHooks();
await app.listen(process.env.PORT ?? 3000);
