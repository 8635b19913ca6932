import { readFileSync } from 'node:fs';

/** The README's code blocks in this language below this heading. */
export function readmeBlocks(heading: string, language: string): string[] {
  const [, section = ''] = `\n${readFileSync('README.md', 'utf8')}`.split(`\n${heading}\n`);
  const [text = ''] = section.split(/^#{1,6} /m);
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, written, code = '']) =>
    written === language ? [code] : [],
  );
}

/** The only one of them. */
export function readmeCode(heading: string, language: string): string {
  const [code, ...others] = readmeBlocks(heading, language);
  if (code === undefined || others.length > 0) {
    throw new Error(`README has not one block of ${language} below '${heading}'.`);
  }
  return code;
}
