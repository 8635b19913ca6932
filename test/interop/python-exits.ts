/**
 * Why a Python worker would exit at an entry, by what `test/fixtures/wire/foreign-writer.json` shows. Written for itself: with
 * our own reader and writer it has nothing in common.
 */

const METADATA = ['id', 'api_name', 'event_name', 'version'];

/** Python's `int` refuses longer ones. */
const MOST_DIGITS = 4_300;

/** In words; `undefined` where it reads it. @param fields names and values, flat, as they are stored. */
export function whyPythonExits(fields: readonly (string | Buffer)[]): string | undefined {
  const texts = fields.map(textOf);
  const broken = texts.findIndex((text) => text === undefined);
  if (broken >= 0) return `field ${Math.floor(broken / 2)} is no UTF-8`;
  const content = new Map<string, string>();
  for (let i = 0; i < texts.length; i += 2) content.set(texts[i] ?? '', texts[i + 1] ?? '');
  if (content.size === 1 && content.get('') === '') return undefined;
  for (const name of METADATA) if (!content.get(name)) return `${name} is missing or empty`;
  const version = content.get('version') ?? '';
  if (!/^\s*[+-]?\p{Nd}+(_\p{Nd}+)*\s*$/u.test(version)) return `version is ${version}`;
  for (const [name, value] of content) {
    if (name === '' || METADATA.includes(name)) continue;
    if (!name.startsWith(':')) return `it has the unknown field ${JSON.stringify(name)}`;
    if (!isJson(value)) return `${name} is no JSON: ${value.slice(0, 100)}`;
  }
  return undefined;
}

function textOf(bytes: string | Buffer): string | undefined {
  if (typeof bytes === 'string') return bytes;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function isJson(text: string): boolean {
  // Bare, which Python's reader takes; texts apart, whose content may look like them.
  const plain = text.replaceAll(/"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/gs, (token) =>
    token.startsWith('"') ? token : '0',
  );
  if ((plain.match(/\d+/g) ?? []).some((digits) => digits.length > MOST_DIGITS)) return false;
  try {
    JSON.parse(plain);
    return true;
  } catch {
    return false;
  }
}
