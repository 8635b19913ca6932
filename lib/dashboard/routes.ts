import type { Provider, Type } from '@nestjs/common';
import { AssetsRoutes } from './assets.routes.js';
import { EntityRoutes } from './history/entity.routes.js';
import { EntryRoutes } from './history/entry.routes.js';
import { HistoryRoutes } from './history/history.routes.js';
import { OpenTails } from './history/open-tails.js';
import { StreamLookup } from './history/stream-lookup.js';
import { StreamsRoutes } from './history/streams.routes.js';
import { TailRoutes } from './history/tail.routes.js';
import { Inspections } from './inspections.js';
import { ActionsRoutes } from './letters/actions.routes.js';
import { DeadLettersRoutes } from './letters/dead-letters.routes.js';
import { LetterActions } from './letters/letter-actions.js';
import { LetterPlans } from './letters/letter-plans.js';
import { LetterReader } from './letters/letter-reader.js';
import { LetterResults } from './letters/letter-results.js';
import { LettersRoutes } from './letters/letters.routes.js';
import { ListenersRoutes } from './listeners.routes.js';
import { OverviewRoutes } from './overview.routes.js';
import { Pages } from './pages.js';
import { Payloads } from './payloads.js';
import { CsrfTokens } from './security/csrf.js';
import { Masking } from './security/masking.js';

/** Classes with routes below the page's path: `bindControllers` makes controllers of them. */
export const ROUTE_CLASSES: readonly Type<object>[] = [
  OverviewRoutes,
  ListenersRoutes,
  DeadLettersRoutes,
  LettersRoutes,
  ActionsRoutes,
  AssetsRoutes,
  ...[StreamsRoutes, HistoryRoutes, EntityRoutes, EntryRoutes, TailRoutes],
];

/** What these need beside `DashboardBus`, settings and the HTTP platform. */
export const SERVICES: readonly Provider[] = [
  ...[Pages, Payloads, Masking, CsrfTokens, Inspections],
  ...[StreamLookup, OpenTails],
  ...[LetterReader, LetterPlans, LetterActions, LetterResults],
];
