import { Get, Injectable, Req, Res } from '@nestjs/common';
import { printable } from '../wire/printable.js';
import { DashboardBus } from './dashboard-bus.js';
import { toListenerFacts } from './facts.js';
import { Inspections } from './inspections.js';
import { toGroup } from './letters/letter-facts.js';
import { LetterReader } from './letters/letter-reader.js';
import { PageError } from './page-error.js';
import { Pages } from './pages.js';
import { queryOf, type DashboardRequest } from './request.js';
import { ROUTES } from './views/links.js';
import type { ListenerModel, ListenersModel } from './views/models.js';
import { listenerPage } from './views/listener.js';
import { listenersPage } from './views/listeners.js';

/** Listeners: all, and one. */
@Injectable()
export class ListenersRoutes {
  constructor(
    private readonly pages: Pages,
    private readonly bus: DashboardBus,
    private readonly inspections: Inspections,
    private readonly reader: LetterReader,
  ) {}

  @Get(ROUTES.listeners)
  async listeners(@Req() request: DashboardRequest, @Res() response: unknown): Promise<void> {
    const search = queryOf(request).get('search')?.trim() ?? '';
    const { streams, problems } = await this.inspections.all();
    const listeners = streams.flatMap(({ stream, state }) =>
      state.groups
        .filter(({ name }) => name.includes(search))
        .map((group) => toListenerFacts(stream.name, group)),
    );
    const model: ListenersModel = { listeners, search, problems };
    this.pages.send(response, listenersPage(this.pages.frame(request), model));
  }

  @Get(ROUTES.listener)
  async listener(@Req() request: DashboardRequest, @Res() response: unknown): Promise<void> {
    const query = queryOf(request);
    const model = await this.model(query.get('group') ?? '', query.get('stream') ?? '');
    this.pages.send(response, listenerPage(this.pages.frame(request), model));
  }

  private async model(group: string, stream: string): Promise<ListenerModel> {
    const groups = await this.inspections.group(group);
    const found = groups.find((one) => one.stream.name === stream) ?? groups[0];
    if (!found || (stream !== '' && found.stream.name !== stream)) {
      const where = stream === '' ? '' : ` on '${printable(stream)}'`;
      const message = `There is no consumer group '${printable(group)}'${where} (any more).`;
      throw new PageError(404, 'No such listener', message);
    }
    const { name, store } = found.stream;
    const source = { store, ref: { stream: name, group } };
    const selection = { filters: { group, error: '', event: '' }, chosen: null };
    const letters = await this.reader.groups([source], selection);
    return {
      listener: toListenerFacts(name, found.details),
      otherStreams: groups.flatMap((one) => (one === found ? [] : one.stream.name)),
      own: this.bus.own(group, name),
      errors: letters.groups.map((one) => toGroup(one, letters.next === null)),
    };
  }
}
