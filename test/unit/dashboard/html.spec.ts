import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { visible } from '../../../lib/dashboard/escape.js';
import { attributes, html as markup, type HtmlValue } from '../../../lib/dashboard/html.js';

const ENTITIES: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  '#39': "'",
  '#96': '`',
  '#13': '\r',
};

/** What a browser reads there. */
function read(markup: string): string {
  return markup.replace(/&(\w+|#\d+);/g, (_, name: string) => ENTITIES[name] ?? '?');
}

/** Any text, and mostly such as break out where they can. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(
        ...[
          '<',
          '>',
          '"',
          "'",
          '`',
          '&',
          '=',
          '/',
          '\\',
          ' ',
          '\0',
          '\r',
          '\n',
          '\t',
          '-->',
          ']]>',
        ],
        ...['<script>', '</script>', '<!--', 'onload=', 'javascript:', '&lt;', '&#x3c;', '\u202e'],
        ...['\ud800', '\udfff', '\u2028', '__proto__', '${x}', '😀'],
      ),
    )
    .map((parts) => parts.join('')),
);

describe('html', () => {
  it('keeps any text a text, in content', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const [, inside = ''] = /^<p>(.*)<\/p>$/s.exec(markup`<p>${text}</p>`.toString()) ?? [];
        expect(inside).not.toMatch(/[<>"'`\r]/);
        expect(read(inside)).toBe(visible(text));
      }),
    );
  });

  it('keeps any text what it is, in an attribute', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        for (const made of [
          markup`<input value="${text}" />`,
          markup`<input${attributes({ value: text })} />`,
          markup`<input ${attributes({ value: text })} />`,
        ]) {
          const [, inside = ''] = /^<input +value="(.*)" \/>$/s.exec(made.toString()) ?? [];
          expect(inside).not.toMatch(/[<>"'`\r]/);
          expect(read(inside)).toBe(text);
        }
      }),
    );
  });

  it('shows what a reader would not see', () => {
    expect(markup`${'a\0b\u202ec\u2028\ufeff\ud800\r\t\n'}`.toString()).toBe(
      String.raw`a\u0000b\u202ec\u2028\ufeff\ud800\u000d` + '\t\n',
    );
  });

  it('puts pieces together, and nothing for what is not there', () => {
    const items = ['a', '<b>'].map((item) => markup`<li>${item}</li>`);
    expect(
      markup`<ul>${items}</ul>${null}${undefined}${false}${0}${markup`<hr />`}`.toString(),
    ).toBe('<ul><li>a</li><li>&lt;b&gt;</li></ul>0<hr />');
    expect(
      markup`<i${attributes({ hidden: true, lang: null, title: undefined, id: false })}></i>`.toString(),
    ).toBe('<i hidden></i>');
  });

  it('takes nothing for a piece that only looks like one', () => {
    const lookalike = { toString: () => '<script>', isAttributes: false } as unknown as HtmlValue;
    const ofJson = JSON.parse('[{"isAttributes":false}]') as HtmlValue;
    for (const value of [lookalike, ofJson, ['<b>'] as unknown as HtmlValue, {} as HtmlValue]) {
      expect(() => markup`<p>${value}</p>`).toThrow(TypeError);
    }
    expect(markup`<p class="a" ${attributes({ id: 'b' })}>${'c'}</p>`.toString()).toBe(
      '<p class="a"  id="b">c</p>',
    );
    expect(() => markup`<p>${attributes({ id: 'a' })}</p>`).toThrow(TypeError);
    expect(() => markup`<p title="${markup`<b></b>`}"></p>`).toThrow(TypeError);
    expect(() => markup`<p ${markup`id`}></p>`).toThrow(TypeError);
  });

  it('refuses places where no text is safe', () => {
    const x = 'x';
    const refused = [
      () => markup`<${x}>`,
      () => markup`<a${x}>`,
      () => markup`<a ${x}>`,
      () => markup`<a title=${x}>`,
      () => markup`<a title=${attributes({ id: x })}>`,
      () => markup`<a title='${x}'>`,
      () => markup`<a ${x}="y">`,
      () => markup`<a onclick="${x}">`,
      () => markup`<a onClick="${x}">`,
      () => markup`<a id="${x}" ${x}>`,
      () => markup`<a id="b" title=${x}>`,
      () => markup`<a style="${x}">`,
      () => markup`<iframe srcdoc="${x}">`,
      () => markup`<img srcset="${x}">`,
      () => markup`<a href="java${x}">`,
      () => markup`<a href="${x}${x}">`,
      () => markup`<script>${x}</script>`,
      () => markup`<style>${x}</style>`,
      () => markup`<!-- ${x} -->`,
      () => attributes({ onclick: x }),
      () => attributes({ style: x }),
      () => attributes({ 'a b': x }),
      () => attributes({ 'a"': x }),
      () => attributes({ ['__proto__']: x }),
      () => attributes({ href: 'javascript:x' }),
    ];
    for (const render of refused) expect(render).toThrow(TypeError);
    // What comes after is a text's place again.
    expect(markup`<style>a > b {}</style><p>${x}</p>`.toString()).toMatch(/<p>x/);
  });

  it('goes only where this page is', () => {
    const addressed = (address: string) => markup`<a href="${address}"></a>`;
    for (const good of ['./a?b=%3A', '../a', '/a/b', '#main', '?a=b', './lightbus/x', '']) {
      expect(addressed(good).toString()).toBe(`<a href="${good.replaceAll('&', '&amp;')}"></a>`);
    }
    for (const bad of [
      ...[
        'javascript:alert(1)',
        'JaVaScRiPt:x',
        ' javascript:x',
        'java\tscript:x',
        'data:text/html,x',
      ],
      ...[
        '//host/x',
        '/\\host',
        '/\t/host',
        'https://host/',
        'host',
        './a b',
        './a\n',
        '\0./a',
        './ä',
      ],
    ]) {
      expect(() => addressed(bad)).toThrow(TypeError);
    }
    fc.assert(
      fc.property(hostile, (text) => {
        let made;
        try {
          made = addressed(text).toString();
        } catch {
          return;
        }
        const address = new URL(read(made.slice(9, -6)), 'http://here.example/a/b');
        expect(address.origin).toBe('http://here.example');
      }),
    );
  });
});
