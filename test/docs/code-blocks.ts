import { readReadme } from './readme.js';

/** The README's only code block in this language below this heading. */
export function readmeCode(heading: string, language: string): string {
  const [, section = ''] = `\n${readReadme()}`.split(`\n${heading}\n`);
  const [text = ''] = section.split(/^#{1,6} /m);
  const blocks = [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].filter(
    ([, written]) => written === language,
  );
  const [[, , code = ''] = [], ...others] = blocks;
  if (!code || others.length > 0) {
    throw new Error(
      `README has ${blocks.length} blocks of ${language} below '${heading}', not one.`,
    );
  }
  return code;
}
