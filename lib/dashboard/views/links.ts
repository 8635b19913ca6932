import type { HistoryFilters, LetterAction, LetterFilters } from './models.js';

/** The routes below the page's path. Names of Redis are in the query alone: proxies and browsers rewrite paths. */
export const ROUTES = {
  overview: 'overview',
  streams: 'streams',
  stream: 'stream',
  history: 'history',
  /** Server-sent events: entries as they come. */
  tail: 'tail',
  entry: 'entry',
  /** A whole payload, to be saved. */
  payload: 'payload',
  entity: 'entity',
  listeners: 'listeners',
  listener: 'listener',
  deadLetters: 'dead-letters',
  letters: 'letters',
  letter: 'letter',
  letterPayload: 'letter-payload',
  /** What an action would do: a plain GET. */
  plan: 'plan',
  redrive: 'redrive',
  discard: 'discard',
  result: 'result',
  assets: 'assets',
} as const;

/** Longer addresses than this no server takes: a name that makes one leads nowhere. */
const LONGEST = 8_000;

type Query = Readonly<Record<string, string | undefined>>;

/** Links of one page. @param base see `Frame.base`. */
export class Links {
  constructor(private readonly base: string) {}

  overview(): string {
    return this.to(ROUTES.overview);
  }

  streams(): string {
    return this.to(ROUTES.streams);
  }

  stream(stream: string): string {
    return this.to(ROUTES.stream, { stream });
  }

  history(filters: Partial<HistoryFilters> = {}, cursor?: string): string {
    return this.to(ROUTES.history, { ...filters, cursor });
  }

  tail(filters: Partial<HistoryFilters>): string {
    return this.to(ROUTES.tail, filters);
  }

  entry({ stream, nativeId }: { readonly stream: string; readonly nativeId: string }): string {
    return this.to(ROUTES.entry, { stream, id: nativeId });
  }

  payload({ stream, nativeId }: { readonly stream: string; readonly nativeId: string }): string {
    return this.to(ROUTES.payload, { stream, id: nativeId });
  }

  entity(
    { api, stream, key }: { readonly api: string; readonly stream: string; readonly key: string },
    cursor?: string,
  ): string {
    return this.to(ROUTES.entity, { api, stream, key, cursor });
  }

  /** @param search part of a name. */
  listeners(search = ''): string {
    return this.to(ROUTES.listeners, { search });
  }

  listener(group: string, stream: string): string {
    return this.to(ROUTES.listener, { group, stream });
  }

  deadLetters(): string {
    return this.to(ROUTES.deadLetters);
  }

  letters(filters: Partial<LetterFilters>, cursor?: string): string {
    return this.to(ROUTES.letters, { ...filters, cursor });
  }

  letter(group: string, { stream, id }: { readonly stream: string; readonly id: string }): string {
    return this.to(ROUTES.letter, { group, stream, id });
  }

  letterPayload(
    group: string,
    { stream, id }: { readonly stream: string; readonly id: string },
  ): string {
    return this.to(ROUTES.letterPayload, { group, stream, id });
  }

  plan(): string {
    return this.to(ROUTES.plan);
  }

  act(action: LetterAction): string {
    return this.to(ROUTES[action]);
  }

  asset(file: string): string {
    return this.to(`${ROUTES.assets}/${file}`);
  }

  /** A link to a route; what is `''` or undefined is left out of the query. */
  private to(route: string, query: Query = {}): string {
    const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
    const search = given.map(([name, value]) => `${name}=${encodeText(value ?? '')}`);
    const address = `${this.base}/${route}${search.length > 0 ? `?${search.join('&')}` : ''}`;
    return address.length > LONGEST ? '#too-long' : address;
  }
}

/** `encodeURIComponent` throws at half a character. */
function encodeText(text: string): string {
  return encodeURIComponent(text.slice(0, LONGEST + 1).replace(/\p{Surrogate}/gu, '\ufffd'));
}
