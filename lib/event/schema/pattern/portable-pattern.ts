import { RegExpParser, type AST } from '@eslint-community/regexpp';
import {
  ANY,
  bothCases,
  complement,
  DIGITS,
  hasOtherCases,
  includesAll,
  LINE_ENDS,
  overlap,
  SPACE,
  SURROGATES,
  union,
  WORD,
  writeOne,
  writeSet,
  type Characters,
} from './characters.js';

/** What JavaScript and Python have no common form for. */
class NotPortable extends Error {}

const END = '(?![\\s\\S])';
/** What an empty set of characters is written as. */
const NOWHERE = '(?!)';
const FEW = 65535;

/** A regular expression that means one thing to all. */
export interface PortablePattern {
  readonly pattern: string;
  /**
   * Whether it finds all that the one finds that it was made of; else, that one finds more in texts with characters
   * beyond U+FFFF, as it takes each of them for two.
   */
  readonly isExact: boolean;
}

/**
 * A regular expression of JavaScript as one that means the same to JavaScript with the flag `u`, as Ajv compiles it, and
 * to `re.search` of Python: no flags, no names, no sets that the two read in different ways. Without `u`, JavaScript takes
 * some characters for two, which shows where they are counted.
 *
 * @returns undefined where the two have no common form: backreferences, lookbehinds, properties of Unicode, letters
 *   beyond ASCII in either case, characters that are counted as halves.
 */
export function portablePattern(expression: RegExp): PortablePattern | undefined {
  const { source, flags } = expression;
  // Sticky ones begin where the last one ended.
  if (flags.includes('v') || flags.includes('y')) return undefined;
  try {
    const pattern = new RegExpParser({ ecmaVersion: 2024 }).parsePattern(source, 0, source.length, {
      unicode: flags.includes('u'),
    });
    const writer = new Writer(flags);
    const portable = writer.alternatives(pattern.alternatives);
    new RegExp(portable, 'u');
    return { pattern: portable, isExact: !writer.mayTakeTwo };
  } catch {
    return undefined;
  }
}

/** How often something may occur; where it is counted, and not just there or not. */
interface Place {
  /** Whether each character may be read as two. */
  readonly mayTakeTwo: boolean;
}

class Writer {
  /** Whether it has a set of which a character may be read as two. */
  mayTakeTwo = false;
  private readonly isUnicode: boolean;
  private readonly ignoresCase: boolean;

  constructor(private readonly flags: string) {
    this.isUnicode = flags.includes('u');
    this.ignoresCase = flags.includes('i');
  }

  alternatives(alternatives: readonly AST.Alternative[]): string {
    return alternatives.map((each) => this.sequence(each.elements)).join('|');
  }

  private sequence(elements: readonly AST.Element[]): string {
    let written = '';
    for (let i = 0; i < elements.length; i++) {
      const element = elements[i] as AST.Element;
      const next = elements[i + 1];
      if (isHalf(element, 0xd800) && next && isHalf(next, 0xdc00)) {
        written += String.fromCharCode(element.value, next.value);
        i++;
      } else written += this.element(element, { mayTakeTwo: false });
    }
    return written;
  }

  private element(element: AST.Element, place: Place): string {
    switch (element.type) {
      case 'Assertion':
        return this.assertion(element);
      case 'Quantifier':
        return this.quantifier(element);
      case 'Group':
      case 'CapturingGroup':
        if (element.type === 'Group' && element.modifiers) throw new NotPortable();
        return `(?:${this.alternatives(element.alternatives)})`;
      case 'Character':
        if (isSurrogate(element.value)) throw new NotPortable();
        return this.set(this.inBothCases([[element.value, element.value]]), place);
      case 'CharacterSet':
      case 'CharacterClass':
        return this.set(this.charactersOf(element), place);
      default:
        throw new NotPortable();
    }
  }

  private set(set: Characters, { mayTakeTwo }: Place): string {
    const astral: Characters = [[0x10000, 0x10ffff]];
    if (this.isUnicode) {
      // Half of a pair in JavaScript without `u`, and nothing in a list of such halves.
      if (overlap(set, astral) && !includesAll(set, astral)) throw new NotPortable();
      return writeSet(set);
    }
    if (overlap(set, SURROGATES) || overlap(set, astral)) {
      if (!mayTakeTwo || !includesAll(set, SURROGATES) || !includesAll(set, astral)) {
        throw new NotPortable();
      }
      this.mayTakeTwo = true;
    }
    const [only] = set;
    return set.length === 1 && only && only[0] === only[1] ? writeOne(only[0]) : writeSet(set);
  }

  private quantifier({ element, min, max }: AST.Quantifier): string {
    if (element.type === 'Assertion') throw new NotPortable();
    const isUnbounded = max === Infinity;
    const mayTakeTwo = isUnbounded && min <= 1;
    // A repeated group of one such set counts them, too.
    const written = this.element(element, { mayTakeTwo });
    if (min > FEW || (!isUnbounded && max > FEW)) throw new NotPortable();
    const one = written === NOWHERE ? `(?:${written})` : written;
    return `${one}${countOf(min, max)}`;
  }

  private assertion(assertion: AST.Assertion): string {
    const isMultiline = this.flags.includes('m');
    const word = writeSet(WORD);
    const lineEnd = writeSet(LINE_ENDS);
    switch (assertion.kind) {
      case 'start':
        return isMultiline ? `(?:^|(?<=${lineEnd}))` : '^';
      case 'end':
        return isMultiline ? `(?:(?=${lineEnd})|${END})` : END;
      case 'word':
        if (this.ignoresCase && this.isUnicode) throw new NotPortable();
        return assertion.negate
          ? `(?:(?<=${word})(?=${word})|(?<!${word})(?!${word}))`
          : `(?:(?<=${word})(?!${word})|(?<!${word})(?=${word}))`;
      case 'lookahead': {
        const inner = this.alternatives(assertion.alternatives);
        // Where characters may be read as two, what must not follow is found more often by one of the two.
        if (assertion.negate && !this.isUnicode && /\[\^|\[\\s\\S\]/.test(inner)) {
          throw new NotPortable();
        }
        return `(?${assertion.negate ? '!' : '='}${inner})`;
      }
      default:
        throw new NotPortable();
    }
  }

  private charactersOf(element: AST.CharacterSet | AST.CharacterClassElement | AST.CharacterClass) {
    switch (element.type) {
      case 'Character':
        return this.inBothCases([[element.value, element.value]]);
      case 'CharacterClassRange':
        return this.inBothCases([[element.min.value, element.max.value]]);
      case 'CharacterClass': {
        const parts = element.elements.map((one): Characters => this.charactersOf(one));
        const all = union(...parts);
        return element.negate ? complement(all) : all;
      }
      case 'CharacterSet':
        return this.escapedSet(element);
      default:
        throw new NotPortable();
    }
  }

  private escapedSet(set: AST.CharacterSet): Characters {
    if (set.kind === 'any') return this.flags.includes('s') ? ANY : complement(LINE_ENDS);
    if (set.kind === 'property') throw new NotPortable();
    const characters = { digit: DIGITS, space: SPACE, word: WORD }[set.kind];
    if (this.ignoresCase && this.isUnicode && set.kind === 'word') throw new NotPortable();
    return set.negate ? complement(characters) : characters;
  }

  private inBothCases(set: Characters): Characters {
    if (!this.ignoresCase) return set;
    if (hasOtherCases(set)) throw new NotPortable();
    return bothCases(set, this.isUnicode);
  }
}

function countOf(min: number, max: number): string {
  if (max === Infinity) {
    if (min <= 1) return min === 0 ? '*' : '+';
    return `{${min},}`;
  }
  if (min === 0 && max === 1) return '?';
  return min === max ? `{${min}}` : `{${min},${max}}`;
}

function isSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdfff;
}

function isHalf(element: AST.Element, first: number): element is AST.Character {
  return element.type === 'Character' && element.value >= first && element.value < first + 0x400;
}

/** The same of a pattern of a JSON Schema; undefined also where it is no regular expression. */
export function portableText(pattern: string): string | undefined {
  const expression = compiled(pattern, 'u') ?? compiled(pattern, '');
  const portable = expression && portablePattern(expression);
  return portable?.isExact ? portable.pattern : undefined;
}

function compiled(pattern: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(pattern, flags);
  } catch {
    return undefined;
  }
}
