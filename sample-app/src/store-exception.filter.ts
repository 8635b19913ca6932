import {
  type ArgumentsHost,
  BadRequestException,
  Catch,
  ConflictException,
  type HttpException,
  InternalServerErrorException,
  Logger,
  NotFoundException,
  ServiceUnavailableException,
} from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { ConcurrencyError, EventValidationError, FireError, TransportError } from 'nestjs-lightbus';
import { CommandRefusedError, UnknownOrderError } from './orders/orders.errors.js';

const TRANSLATED = [UnknownOrderError, CommandRefusedError, FireError, TransportError] as const;

type Translated = InstanceType<(typeof TRANSLATED)[number]>;

/** Says in HTTP what the store and the bus say in errors. Any other error is a 500, as always. */
@Catch(...TRANSLATED)
export class StoreExceptionFilter extends BaseExceptionFilter {
  private readonly logger = new Logger(StoreExceptionFilter.name);

  override catch(error: Translated, host: ArgumentsHost): void {
    super.catch(this.toHttp(error), host);
  }

  private toHttp(error: Translated): HttpException {
    if (error instanceof UnknownOrderError) return new NotFoundException(error.message);
    if (error instanceof CommandRefusedError) return new ConflictException(error.message);
    if (error instanceof ConcurrencyError) {
      return new ConflictException(
        'Others changed the order at the same time, again and again. Nothing was changed; try again.',
      );
    }
    if (error instanceof EventValidationError) {
      const properties = error.properties.map(({ path, constraints }) => [
        path,
        Object.values(constraints),
      ]);
      return new BadRequestException({
        // The same shape as the ValidationPipe's answer (app.module.ts).
        message: Object.fromEntries(properties) as Record<string, string[]>,
        error: 'Bad Request',
        statusCode: 400,
      });
    }
    // How Redis is reached, and why it is not, is for us to know and not for the client.
    this.logger.error(error.message);
    if (error instanceof FireError && error.retry === 'never') {
      return new InternalServerErrorException();
    }
    if (error instanceof FireError && error.retry === 'with_ids') {
      return new ServiceUnavailableException({
        message:
          'The event store did not confirm it: the command may have been carried out or not. ' +
          "Look at the order's history before you try again.",
        eventId: error.id,
        error: 'Service Unavailable',
        statusCode: 503,
      });
    }
    return new ServiceUnavailableException(
      'The event store can not be reached. Nothing was changed; try again later.',
    );
  }
}
