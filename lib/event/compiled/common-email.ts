// Local part and domain together are short enough for every limit of validator.js.
const LONGEST = 64;
const LOCAL_PART = /^[a-z\d_+-]+(?:\.[a-z\d_+-]+)*$/i;
const DOMAIN = /^(?:[a-z\d](?:[a-z\d-]*[a-z\d])?\.)+[a-z]{2,}$/i;

/**
 * Whether a value is an address as nearly all are: letters, digits, `.`, `_`, `+` and `-` in ASCII, and short. Each of
 * them is one to `isEmail` of validator.js without options, too, which takes ten times as long to find out; it takes others as well.
 */
export function isCommonEmail(value: unknown): boolean {
  if (typeof value !== 'string' || value.length > LONGEST) return false;
  const at = value.indexOf('@');
  return at > 0 && LOCAL_PART.test(value.slice(0, at)) && DOMAIN.test(value.slice(at + 1));
}
