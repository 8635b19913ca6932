import { Get, Injectable, Req, Res } from '@nestjs/common';
import { PageError } from '../page-error.js';
import { Pages } from '../pages.js';
import { Payloads } from '../payloads.js';
import { queryOf, type DashboardRequest } from '../request.js';
import { ROUTES } from '../views/links.js';
import { letterPage } from '../views/letter.js';
import { lettersPage } from '../views/letters.js';
import { LetterReader } from './letter-reader.js';
import { filtersOf } from './selection.js';

/** Dead letters of one listener. */
@Injectable()
export class LettersRoutes {
  constructor(
    private readonly pages: Pages,
    private readonly reader: LetterReader,
    private readonly payloads: Payloads,
  ) {}

  @Get(ROUTES.letters)
  async letters(@Req() request: DashboardRequest, @Res() response: unknown): Promise<void> {
    const query = queryOf(request);
    const filters = filtersOf(query);
    const model = await this.reader.list({ filters, chosen: null }, query.get('cursor') ?? '');
    this.pages.send(response, lettersPage(this.pages.frame(request), model));
  }

  @Get(ROUTES.letter)
  async letter(@Req() request: DashboardRequest, @Res() response: unknown): Promise<void> {
    const { group, letter } = await this.find(request);
    const model = this.reader.model(letter, group);
    this.pages.send(response, letterPage(this.pages.frame(request), model));
  }

  /** The whole payload of one, to be saved. */
  @Get(ROUTES.letterPayload)
  async payload(@Req() request: DashboardRequest, @Res() response: unknown): Promise<void> {
    const { letter } = await this.find(request);
    const { id, stream, nativeId, fields } = letter;
    const entry = fields && this.payloads.of({ stream, nativeId: nativeId || id, fields });
    if (!entry) throw gone();
    this.pages.sendFile(response, `dead-letter-${id}.txt`, this.payloads.whole(entry.shown));
  }

  private async find(request: DashboardRequest) {
    const query = queryOf(request);
    const { group } = filtersOf(query);
    const ref = { id: query.get('id') ?? '', stream: query.get('stream') ?? '' };
    return { group, letter: await this.reader.letter(group, ref) };
  }
}

function gone(): PageError {
  return new PageError(
    404,
    'No payload',
    'The data of the original entry was gone when it was given up.',
  );
}
