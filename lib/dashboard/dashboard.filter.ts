import { Catch, Injectable, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { InvalidOptionsError, LightbusError, TransportError } from '../errors.js';
import { AccessRefusedError, PageError } from './page-error.js';
import { Pages } from './pages.js';
import type { DashboardRequest } from './request.js';
import { errorPage } from './views/error.js';
import { ROUTES } from './views/links.js';

const PAGES: ReadonlySet<string> = new Set(Object.values(ROUTES));

/** Shows what the page itself has refused, or could not read. What guards of the application throw is theirs. */
@Catch(PageError, LightbusError)
@Injectable()
export class DashboardFilter implements ExceptionFilter<PageError | LightbusError> {
  constructor(private readonly pages: Pages) {}

  catch(error: PageError | LightbusError, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<DashboardRequest>();
    const { status, title, message } = error instanceof PageError ? error : describe(error);
    const frame = this.pages.frame(request, isBelowBase(request) ? 'page' : 'base');
    const isStranger = error instanceof AccessRefusedError;
    const shown = isStranger ? { ...frame, service: '', places: [] } : frame;
    const page = errorPage(shown, { status, title, message });
    this.pages.send(http.getResponse(), page, { status });
  }
}

function describe(error: LightbusError): PageError {
  const { message } = error;
  if (error instanceof TransportError) return new PageError(503, 'Can’t be read now', message);
  if (error instanceof InvalidOptionsError) return new PageError(400, 'Not possible', message);
  return new PageError(500, 'Failed', message);
}

function isBelowBase({ originalUrl }: DashboardRequest): boolean {
  const [path = ''] = originalUrl.split('?', 1);
  const last = path.replace(/\/$/, '').split('/').at(-1) ?? '';
  return last !== '' && PAGES.has(last);
}
