import {
  Catch,
  Inject,
  Logger,
  Optional,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { throwError, type Observable } from 'rxjs';
import { InvalidOptionsError, LightbusError } from '../errors.js';
import { httpAnswerOf } from './http-answer.js';
import { sendAnswer } from './send-answer.js';
import { sendException } from './send-exception.js';

/** Options of {@link LightbusExceptionFilter}. */
export interface LightbusExceptionFilterOptions {
  /** Status of the answer where an event is not valid. @default 400 */
  readonly invalidStatus?: 400 | 422;
}

/**
 * Says in HTTP what the errors of this module mean to a client. On Express and Fastify, as
 * `{ provide: APP_FILTER, useClass: LightbusExceptionFilter }`, `@UseFilters(LightbusExceptionFilter)`, or
 * `new LightbusExceptionFilter({ invalidStatus: 422 })` wherever Nest takes an instance.
 *
 * | Error | Answer |
 * |---|---|
 * | `EventValidationError` | 400, or `invalidStatus`; `message` is a list as the ValidationPipe's, `properties` says `path` and `constraints` of each, not its value |
 * | `ConcurrencyError` | 409 |
 * | of firing, `retry: 'again'`; `BusClosedError`; `TransportError` | 503 with `Retry-After: 5` (seconds) |
 * | of firing, `retry: 'with_ids'` | 503 with the `ids`, without `Retry-After`: the events may have been stored |
 * | `WaitTimeoutError`, `ProjectionStoppedError` | 504: what was stored stays stored |
 * | every other `LightbusError` | 500, as always |
 *
 * Clients are never told how Redis is reached, or what it said: answers from 500 on are logged with the error's own
 * text. Exceptions of Nest and all other errors are not caught. In another context than HTTP (a listener with
 * `inheritAppConfig`, GraphQL, a microservice, a WebSocket) all is as without it: the error is thrown on; what clients
 * of a microservice or a WebSocket get for it is Nest's own 'Internal server error'.
 */
@Catch(LightbusError)
export class LightbusExceptionFilter implements ExceptionFilter<LightbusError> {
  private readonly logger = new Logger(LightbusExceptionFilter.name);
  private readonly invalidStatus: 400 | 422;

  /** Given by Nest, unless the application has made the filter itself. */
  @Optional()
  @Inject(HttpAdapterHost)
  private readonly adapterHost?: HttpAdapterHost;

  /** @throws InvalidOptionsError */
  constructor(@Optional() { invalidStatus = 400 }: LightbusExceptionFilterOptions = {}) {
    if (![400, 422].includes(invalidStatus)) {
      throw new InvalidOptionsError(
        `LightbusExceptionFilter: invalidStatus is ${String(invalidStatus)}; it can be 400 or 422.`,
      );
    }
    this.invalidStatus = invalidStatus;
  }

  /**
   * Answers the request.
   *
   * @returns nothing; in a microservice what Nest would have answered itself.
   * @throws the error itself, in another context than HTTP.
   */
  catch(error: LightbusError, host: ArgumentsHost): Observable<never> | undefined {
    const context = host.getType<string>();
    if (context === 'rpc' || context === 'ws') return this.asNestAnswers(error, host);
    if (context !== 'http') throw error;
    const answer = httpAnswerOf(error, this.invalidStatus);
    if (answer.status === 500) this.logger.error(error.message, error.stack);
    else if (answer.status > 500) this.logger.error(error.message);
    sendAnswer(host.getArgByIndex(1), answer, this.adapterHost?.httpAdapter);
    return undefined;
  }

  /** Nothing may be thrown here: a microservice's client would wait for ever, and a WebSocket end the process (Nest 11). */
  private asNestAnswers(error: LightbusError, host: ArgumentsHost): Observable<never> | undefined {
    this.logger.error(error.message, error.stack);
    if (host.getType() === 'ws') {
      sendException(host);
      return undefined;
    }
    return throwError(() => ({ status: 'error', message: 'Internal server error' }));
  }
}
