import { Catch, ConflictException, NotFoundException, type ArgumentsHost } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { CommandRefusedError, UnknownOrderError } from './orders.errors.js';

/** Says in HTTP what the store says in errors. Those of the bus are LightbusExceptionFilter's (app.module.ts). */
@Catch(UnknownOrderError, CommandRefusedError)
export class OrdersExceptionFilter extends BaseExceptionFilter {
  override catch(error: UnknownOrderError | CommandRefusedError, host: ArgumentsHost): void {
    const { message } = error;
    const isUnknown = error instanceof UnknownOrderError;
    super.catch(isUnknown ? new NotFoundException(message) : new ConflictException(message), host);
  }
}
