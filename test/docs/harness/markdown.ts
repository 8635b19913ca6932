/** A fenced code block. */
export interface CodeBlock {
  /** The first word after the fence: `ts`, `sh`; empty where there is none. */
  readonly language: string;
  readonly code: string;
  /** The heading that it stands below. */
  readonly heading: string;
}

const FENCE = /^( *)(```+)([^\n`]*)\n(.*?)^\1\2 *$/gms;

/** Every code block of a page, in order; one within a list without its indentation. */
export function codeBlocks(text: string): CodeBlock[] {
  return [...text.matchAll(FENCE)].map(({ index, 1: indent = '', 3: info = '', 4: code = '' }) => ({
    language: /^\S*/.exec(info.trim())?.[0] ?? '',
    code: code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    heading: headings(text.slice(0, index)).at(-1) ?? '',
  }));
}

/** A page without its code blocks, comments and generated parts' marks. */
export function prose(text: string): string {
  return text.replaceAll(FENCE, '').replaceAll(/<!--.*?-->/gs, '');
}

/** The texts of its headings, in order. */
export function headings(text: string): string[] {
  return [...prose(text).matchAll(/^#{1,6} +(.+?) *#*$/gm)].map(([, heading = '']) => heading);
}

/** What a link may name after `#`, as GitHub makes it of the headings, and `id="..."`. */
export function anchors(text: string): Set<string> {
  const seen = new Map<string, number>();
  const made = headings(text).map((heading) => {
    const slug = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M}\p{Pc}\- ]/gu, '')
      .replaceAll(' ', '-');
    const before = seen.get(slug) ?? 0;
    seen.set(slug, before + 1);
    return before === 0 ? slug : `${slug}-${before}`;
  });
  const given = [...text.matchAll(/\b(?:id|name)="([^"]+)"/g)].map(([, id = '']) => id);
  return new Set([...made, ...given]);
}

/** Where its links and images lead, as they are written. */
export function links(text: string): string[] {
  const outside = prose(text).replaceAll(/(`+).+?\1/g, '');
  const inline = outside.matchAll(/\]\(<?([^)\s>]+)>?(?: "[^"]*")?\)/g);
  const references = outside.matchAll(/^\[[^\]]+\]: <?(\S+?)>?$/gm);
  const attributes = outside.matchAll(/\b(?:src|srcset|href)="([^"\s]+)"/g);
  return [inline, references, attributes].flatMap((found) => [...found].map(([, to = '']) => to));
}

/** How many words of a page are to be read: not its code blocks, not where its links lead. */
export function wordCount(text: string): number {
  const read = prose(text)
    .replaceAll(/\]\([^)]*\)/g, ']')
    .replaceAll(/<[^>]+>/g, ' ');
  return read.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
}
