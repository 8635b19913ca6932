/** The forms of texts that validator.js knows by a regular expression: those that class-validator's rules use. */

import { isPlain } from '../own-properties.js';

const HASHES: Readonly<Record<string, number>> = {
  ...{ md5: 32, md4: 32, sha1: 40, sha256: 64, sha384: 96, sha512: 128 },
  ...{ ripemd128: 32, ripemd160: 40, tiger128: 32, tiger160: 40, tiger192: 48 },
  ...{ crc32: 8, crc32b: 8 },
};

const NIL = '00000000-0000-0000-0000-000000000000';
const MAX = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
/** Versions of UUIDs, as they are asked for. */
const VERSIONS: readonly unknown[] = [1, 2, 3, 4, 5, 6, 7, 8].flatMap((n) => [n, String(n)]);
const HEX = '[0-9a-f]';
const MAC = '[0-9a-fA-F]{2}';

type Form = (constraints: readonly unknown[]) => RegExp | undefined;

/** By the rule's name in class-validator's metadata; undefined where the options ask for another form. */
export const TEXT_FORMS: Readonly<Record<string, Form>> = {
  isAlpha: ([locale]) => (isEnglish(locale) ? /^[A-Z]+$/i : undefined),
  isAlphanumeric: ([locale]) => (isEnglish(locale) ? /^[0-9A-Z]+$/i : undefined),
  isAscii: () => /^[^\u0080-\u{10ffff}]+$/u,
  isBase32: ([options]) => (isEmpty(options) ? /^(?=(?:.{8})+$)[A-Z2-7]+=*$/u : undefined),
  isBase58: () => /^[A-HJ-NP-Za-km-z1-9]*$/,
  isBase64: ([options]) =>
    isEmpty(options)
      ? /^(?:(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==))?$/
      : undefined,
  isBooleanString: () => /^(?:true|false|1|0)$/,
  isBtcAddress: () =>
    /^(?:(?:bc1|tb1|bc1p|tb1p)[ac-hj-np-z02-9]{39,58}|(?:1|2|3|m)[A-HJ-NP-Za-km-z1-9]{25,39})$/,
  isDecimal: ([options]) =>
    isEmpty(options) ? /^[-+]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)$/ : undefined,
  isEthereumAddress: () => /^(0x)[0-9a-f]{40}$/i,
  IsFirebasePushId: () => /^[a-zA-Z0-9_-]{20}$/,
  isFullWidth: () => /[^\u0020-\u007E\uFF61-\uFF9F\uFFA0-\uFFDC\uFFE8-\uFFEE0-9a-zA-Z]/u,
  isHalfWidth: () => /[\u0020-\u007E\uFF61-\uFF9F\uFFA0-\uFFDC\uFFE8-\uFFEE0-9a-zA-Z]/u,
  isMultibyte: () => /[\u0080-\u{10ffff}]/u,
  isHash: ([algorithm]) => {
    const length = Object.hasOwn(HASHES, String(algorithm)) ? HASHES[String(algorithm)] : undefined;
    return length === undefined ? undefined : new RegExp(`^[a-fA-F0-9]{${length}}$`);
  },
  isHexColor: () => /^#?([0-9A-F]{3}|[0-9A-F]{4}|[0-9A-F]{6}|[0-9A-F]{8})$/i,
  isHexadecimal: () => /^(0x|0h)?[0-9A-F]+$/i,
  isISRC: () => /^[A-Z]{2}[0-9A-Z]{3}\d{2}\d{5}$/,
  isDateString: ([options]) => isoDate(options),
  isIso8601: ([options]) => isoDate(options),
  isIp: ([version]) => ip(version),
  isJwt: () => /^[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*$/,
  isMacAddress: ([options]) => (isEmpty(options) ? macAddress() : undefined),
  isMilitaryTime: () => /^([01]\d|2[0-3]):?([0-5]\d)$/,
  // A prefix counts.
  isMongoId: () => /^(?:[0-9A-F]{24}|0[xh][0-9A-F]{22})$/i,
  isNumberString: ([options]) => numberString(options),
  isOctal: () => /^(0o)?[0-7]+$/i,
  isPort: () =>
    /^(?:-?0|\+?(?:0|[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5]))$/,
  isRFC3339: () => rfc3339(),
  isSemVer: () =>
    /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-z-][0-9a-z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-z-][0-9a-z-]*))*))?(?:\+([0-9a-z-]+(?:\.[0-9a-z-]+)*))?$/i,
  isUuid: ([version]) => uuid(version),
};

function isEmpty(options: unknown): boolean {
  return options === undefined || (isPlain(options) && Object.keys(options).length === 0);
}

function isSet(options: unknown, name: string): boolean {
  return isPlain(options) && Boolean((options as Record<string, unknown>)[name]);
}

function isEnglish(locale: unknown): boolean {
  return locale === undefined || locale === 'en-US';
}

function uuid(version: unknown): RegExp | undefined {
  if (Array.isArray(version)) {
    const forms = version.map(uuid);
    if (forms.length === 0 || forms.includes(undefined)) return undefined;
    return new RegExp(forms.map((form) => form?.source).join('|'), 'i');
  }
  const given = version ?? 'all';
  if (given === 'all') return new RegExp(`^(?:${uuidOf('[1-8]', '[89ab]')}|${NIL}|${MAX})$`, 'i');
  if (given === 'loose') return new RegExp(`^${uuidOf(HEX, HEX)}$`, 'i');
  if (given === 'nil') return new RegExp(`^${NIL}$`, 'i');
  if (given === 'max') return new RegExp(`^${MAX}$`, 'i');
  if (!VERSIONS.includes(given)) return undefined;
  return new RegExp(`^${uuidOf(given as string | number, '[89ab]')}$`, 'i');
}

function uuidOf(version: string | number, variant: string): string {
  return `${HEX}{8}-${HEX}{4}-${String(version)}${HEX}{3}-${variant}${HEX}{3}-${HEX}{12}`;
}

function numberString(options: unknown): RegExp | undefined {
  if (isEmpty(options)) return /^[+-]?([0-9]*[.])?[0-9]+$/;
  return isPlain(options) && Object.keys(options).length === 1 && isSet(options, 'no_symbols')
    ? /^[0-9]+$/
    : undefined;
}

/** A date of ISO 8601, of a month's day or a year's. Whether there is such a day, only code tells. */
function isoDate(options: unknown): RegExp | undefined {
  if (options !== undefined && !isPlain(options)) return undefined;
  const separator = isSet(options, 'strictSeparator') ? 'T' : '[T\\s]';
  const month = '(?:0[1-9]|1[0-2])';
  const day = '(?:[12]\\d|0[1-9]|3[01])';
  const week = 'W(?:[0-4]\\d|5[0-3])(?:-?[1-7])?';
  const dayOfYear = '(?:00[1-9]|0[1-9]\\d|[12]\\d{2}|3(?:[0-5]\\d|6[1-6]))';
  // A separator stands everywhere, or nowhere.
  const date = `(?:-${month}(?:-${day})?|${month}(?:${day})?|-?${week}|-?${dayOfYear})`;
  const hour = '(?:[01]\\d|2[0-3])';
  const sixtieth = '[0-5]\\d';
  const fraction = '(?:[.,]\\d+)?';
  const inner = '(?:[.,]\\d+(?!:))?';
  const withColons = `${hour}:${sixtieth}${inner}(?::${sixtieth}${fraction})?`;
  const without = `(?:${hour}(?:${sixtieth})?${inner}|24:?00${inner})?(?:${sixtieth}${fraction})?`;
  const zone = `(?:[zZ]|[-+]${hour}:?(?:${sixtieth})?)?`;
  const time = `(?:${withColons}|${without})${zone}`;
  return new RegExp(`^[+-]?\\d{4}(?!\\d{2}(?!\\w))(?:${date}(?:${separator}(?:${time})?)?)?$`);
}

const IPV4_PART = '(?:\\d|[1-9]\\d|1\\d\\d|2[0-4]\\d|25[0-5])';
const IPV4 = `(?:${IPV4_PART}\\.){3}${IPV4_PART}`;
const IPV6_PART = '[0-9a-fA-F]{1,4}';

function ip(version: unknown): RegExp | undefined {
  if (String(version) === '4') return new RegExp(`^${IPV4}$`);
  if (String(version) === '6') return new RegExp(`^${ipv6()}$`);
  return version === undefined ? new RegExp(`^(?:${IPV4}|${ipv6()})$`) : undefined;
}

function ipv6(): string {
  const first = (count: number) => `(?:${IPV6_PART}:){${count}}`;
  const part = `(?::${IPV6_PART})`;
  // Where parts are left out, after some of them.
  const shortened = [5, 4, 3, 2, 1, 0].map((count) => {
    const leading = count === 0 ? ':' : first(count);
    return `${leading}(?:${part}{0,${5 - count}}:${IPV4}|${part}{1,${7 - count}}|:)`;
  });
  const all = [`${first(7)}(?:${IPV6_PART}|:)`, `${first(6)}(?:${IPV4}|${part}|:)`, ...shortened];
  return `(?:${all.join('|')})(?:%[0-9a-zA-Z.]+)?`;
}

function macAddress(): RegExp {
  // The separator is one of three sorts, and the same throughout.
  const separated = ['-', ':', '\\s'].flatMap((between) =>
    [5, 7].map((count) => `(?:${MAC}${between}){${count}}${MAC}`),
  );
  const spaces = separated.filter((form) => !form.includes('\\s'));
  return new RegExp(`^(?:${spaces.join('|')}|(?:[0-9a-fA-F]{4}\\.){2,3}[0-9a-fA-F]{4})$`);
}

function rfc3339(): RegExp {
  const offset = '(?:[zZ]|[-+](?:[01]\\d|2[0-3]):[0-5]\\d)';
  const time = `(?:[01]\\d|2[0-3]):[0-5]\\d:(?:[0-5]\\d|60)(?:\\.\\d+)?${offset}`;
  return new RegExp(`^\\d{4}-(?:0[1-9]|1[0-2])-(?:[12]\\d|0[1-9]|3[01])[ tT]${time}$`);
}

/**
 * Whether a form is narrower than the rule: what the rule takes beside it is refused when fired. Zones of IPv6 addresses are
 * written in more ways to some versions of validator.js.
 */
export function isNarrowerForm(name: string, [version]: readonly unknown[]): boolean {
  return name === 'isMacAddress' || (name === 'isIp' && String(version) !== '4');
}

/** Whether a rule takes less than its form says: a strict date is a day that there is. */
export function isWiderForm(name: string, [options]: readonly unknown[]): boolean {
  const isDate = name === 'isDateString' || name === 'isIso8601';
  return isDate && isSet(options, 'strict');
}

const LATITUDE = '[+-]?(?:90(?:\\.0+)?|[1-8]?\\d(?:\\.\\d+)?)';
const LONGITUDE = '\\s?[+-]?(?:180(?:\\.0+)?|1[0-7]\\d(?:\\.\\d+)?|\\d{1,2}(?:\\.\\d+)?)';

/** Degrees as a text, alone or both with a comma between, perhaps in brackets. */
export const DEGREES = {
  latitude: new RegExp(`^${LATITUDE}$`),
  longitude: new RegExp(`^${LONGITUDE}$`),
  both: new RegExp(`^(?:${LATITUDE},${LONGITUDE}|\\(${LATITUDE},${LONGITUDE}\\))$`),
};
