import { attributeText, shownText } from './escape.js';
import { placesIn, type Place } from './html-places.js';

let make: (markup: string, isAttributes?: boolean) => Html;

/** A piece of HTML, made by {@link html} and {@link attributes} only: a text can't be taken for one. */
export class Html {
  static {
    make = (markup, isAttributes = false) => new Html(markup, isAttributes);
  }

  readonly #markup: string;

  private constructor(
    markup: string,
    /** Whether it is attributes of a tag rather than content. */
    readonly isAttributes: boolean,
  ) {
    this.#markup = markup;
  }

  /** The markup: what is sent. */
  toString(): string {
    return this.#markup;
  }
}

/** What stands for nothing in a template. */
type Nothing = null | undefined | false;

/** What stands in a template. */
export type HtmlValue = string | number | Html | readonly (Html | Nothing)[] | Nothing;

/**
 * HTML whose values can't become markup: a text is escaped for the place where it stands, and a place where no text is
 * safe (a tag's or attribute's name, a script, a style, an attribute that runs something) refuses all.
 *
 * In content, what would be invisible or would reorder a line is shown as `\uXXXX`; in attributes texts stay what they are,
 * as forms send them back. An address must be relative, so that none has a scheme or a host.
 *
 * @throws TypeError for a template that can't be filled safely, and an address that is not relative: mistakes of ours.
 */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  const places = placesIn(strings);
  let markup = strings[0] ?? '';
  values.forEach((value, i) => {
    const place = places[i];
    if (!place) throw new TypeError('A template has a place for each of its values.');
    markup += fill(place, value) + (strings[i + 1] ?? '');
  });
  return make(markup);
}

/**
 * Attributes of a tag, where some are there at times only: `<input ${attributes({ checked })}>`.
 *
 * @param given by name; `true` stands without value, `false`, `null` and `undefined` are left out.
 * @throws TypeError for a name that is none, and for one that runs something.
 */
export function attributes(
  given: Readonly<Record<string, string | number | boolean | null | undefined>>,
): Html {
  const markup = Object.entries(given).map(([name, value]) => {
    if (value === false || value === null || value === undefined) return '';
    // The same rules as for what stands in a template.
    const [place] = placesIn([`<a ${name}="`, '">']);
    if (!place || !/^[a-z][a-z-]*$/.test(name)) throw new TypeError(`No attribute: ${name}`);
    return value === true ? ` ${name}` : ` ${name}="${fill(place, String(value))}"`;
  });
  return make(markup.join(''), true);
}

function fill(place: Place, value: HtmlValue): string {
  if (isNothing(value)) return '';
  if (place.kind === 'tag') {
    if (value instanceof Html && value.isAttributes) return value.toString();
    throw new TypeError('Within a tag only what `attributes` has made may stand.');
  }
  if (typeof value === 'string' || typeof value === 'number') {
    const text = String(value);
    if (place.kind === 'content') return shownText(text);
    if (place.isAddress) checkAddress(text);
    return attributeText(text);
  }
  if (place.kind === 'attribute') throw new TypeError('An attribute holds text, not HTML.');
  return (value instanceof Html ? [value] : value).map(contentOf).join('');
}

function contentOf(piece: Html | Nothing): string {
  if (isNothing(piece)) return '';
  // Types are erased: what comes from JSON may pretend to be anything.
  if (!(piece instanceof Html) || piece.isAttributes) {
    throw new TypeError('Content is text, or what `html` has made.');
  }
  return piece.toString();
}

function isNothing(value: unknown): value is Nothing {
  return value === null || value === undefined || value === false;
}

/** A path, query or fragment. `//host` and `/\host` are other hosts; browsers drop tabs and line ends in addresses. */
function checkAddress(address: string): void {
  if (/^(?:\.{1,2}\/|\/(?![/\\])|[?#])[!-~]*$/.test(address) || address === '') return;
  throw new TypeError(`An address must be relative, not ${JSON.stringify(address.slice(0, 100))}.`);
}
