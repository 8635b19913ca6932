/** Where in a template a value stands. */
export type Place =
  | { readonly kind: 'content' }
  /** Between the attributes of a tag. */
  | { readonly kind: 'tag' }
  | { readonly kind: 'attribute'; readonly isAddress: boolean };

/** Attributes that name something to be loaded, sent to or gone to. */
const ADDRESSES = new Set(['action', 'cite', 'data', 'formaction', 'href', 'poster', 'src']);

/** Elements whose content is no text. */
const NO_TEXT = /^(?:script|style|iframe|noscript|noembed|noframes|xmp|plaintext|template)$/;

const FOUND = new WeakMap<readonly string[], readonly Place[]>();

/**
 * The places of a template's values, from the literal text around them. Found once for each template.
 *
 * @throws TypeError where no value would be safe: a name, an attribute that is not in double quotes, runs something
 *   (`onclick`, `style`, `srcdoc`) or takes several addresses, part of an address's beginning, a script, a comment.
 */
export function placesIn(strings: readonly string[]): readonly Place[] {
  let places = FOUND.get(strings);
  if (!places) FOUND.set(strings, (places = findPlaces(strings)));
  return places;
}

function findPlaces(strings: readonly string[]): Place[] {
  const scanner = new Scanner();
  return strings.slice(0, -1).map((text) => {
    scanner.read(text);
    return scanner.place();
  });
}

/** Reads our own templates: lower-case tags, attributes in double quotes. */
class Scanner {
  /** In a tag: what is written of it since `<`, without the attributes that are done. */
  private tag: string | null = null;
  private attribute: string | null = null;
  /** Whether something of the attribute's value is there. */
  private hasBegun = false;
  private element = '';

  read(text: string): void {
    for (const character of text) {
      if (this.tag === null) {
        if (character === '<') this.tag = '';
      } else if (this.attribute !== null) {
        this.hasBegun = true;
        if (character !== '"') continue;
        this.attribute = null;
        this.tag += '""';
      } else if (character === '>') {
        this.element = /^[a-z]\w*/.exec(this.tag)?.[0] ?? '';
        this.tag = null;
      } else if (character === '"') {
        this.attribute = /([^\s"]+)=$/.exec(this.tag)?.[1] ?? '';
        this.hasBegun = false;
      } else {
        this.tag += character;
      }
    }
  }

  place(): Place {
    if (this.tag === null) {
      if (NO_TEXT.test(this.element)) throw unsafe(`in <${this.element}>`);
      return { kind: 'content' };
    }
    if (this.attribute === null) {
      // What `attributes` makes begins with a space.
      if (/^[a-z][\w-]*(?:\s.*)?$/s.test(this.tag) && !/=\s*$/.test(this.tag))
        return { kind: 'tag' };
      throw unsafe(`after '<${this.tag}'`);
    }
    return this.attributePlace(this.attribute);
  }

  private attributePlace(name: string): Place {
    if (!/^[a-z][a-z-]*$/i.test(name) || /^(?:on.*|style|srcdoc|srcset|ping)$/i.test(name)) {
      throw unsafe(`in the attribute '${name}'`);
    }
    const isAddress = ADDRESSES.has(name.toLowerCase());
    if (isAddress && this.hasBegun) throw unsafe(`within the address '${name}'`);
    this.hasBegun = true;
    return { kind: 'attribute', isAddress };
  }
}

function unsafe(where: string): TypeError {
  return new TypeError(`No value is safe ${where}.`);
}
