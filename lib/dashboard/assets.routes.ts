import { Get, Injectable, Param, Res } from '@nestjs/common';
import { findAsset } from './assets/assets.js';
import { PageError } from './page-error.js';
import { Pages } from './pages.js';
import { ROUTES } from './views/links.js';

/** Styles and script of the pages: their names change with what is in them. */
@Injectable()
export class AssetsRoutes {
  constructor(private readonly pages: Pages) {}

  @Get(`${ROUTES.assets}/:file`)
  asset(@Param('file') file: string, @Res() response: unknown): void {
    const asset = findAsset(file);
    if (!asset) {
      throw new PageError(
        404,
        'No such file',
        'It is of another version of the page: load that anew.',
      );
    }
    const headers = {
      'content-type': asset.type,
      'cache-control': 'public, max-age=31536000, immutable',
    };
    this.pages.send(response, asset.text, { headers });
  }
}
