import { describe, expect, it } from '@jest/globals';
import { commandsIn, unknownPackages } from './commands.js';
import { anchors, codeBlocks, links, wordCount } from './markdown.js';
import { withoutVariableParts } from './printed.js';

const PAGE = `# A \`page\`, of tests

[Elsewhere](other.md#there "title") and ![picture](a.svg). \`[no](link)\`

## Twice

1. In a list:

   \`\`\`sh
   npx lightbus inspect \\
     --json-path 'a=b c' # why
   # nothing else
   \`\`\`

## Twice

\`\`\`\`md
\`\`\`ts
## no heading
\`\`\`
\`\`\`\`
<!-- not read -->
`;

describe('what a page consists of', () => {
  it('is code by language and heading, also in lists, and fences within fences', () => {
    expect(codeBlocks(PAGE)).toEqual([
      expect.objectContaining({ language: 'sh', heading: 'Twice' }),
      { language: 'md', heading: 'Twice', code: '```ts\n## no heading\n```\n' },
    ]);
  });

  it('is links, anchors and words, none of them in code', () => {
    expect(links(PAGE)).toEqual(['other.md#there', 'a.svg']);
    expect([...anchors(PAGE)]).toEqual(['a-page-of-tests', 'twice', 'twice-1']);
    expect(wordCount('# One two\n\n[three](four.md) <br> - `five`\n\n```ts\nsix\n```')).toBe(4);
  });
});

describe('command lines of a page', () => {
  it('are words without quotes and comments', () => {
    const [{ code } = { code: '' }] = codeBlocks(PAGE);
    expect(commandsIn(code)).toEqual([['npx', 'lightbus', 'inspect', '--json-path', 'a=b c']]);
    expect(commandsIn(`lightbus x --api='store.*' "#1"`)).toEqual([
      ['lightbus', 'x', '--api=store.*', '#1'],
    ]);
  });

  it('install what this package knows', () => {
    const line = ['npm', 'install', '--save-dev', 'nestjs-lightbus', 'class-validator', 'leftpad'];
    expect(unknownPackages(line)).toEqual(['leftpad']);
  });
});

describe('what was printed', () => {
  it('is compared without what differs each time', () => {
    expect(
      withoutVariableParts('a.b  8f1f1b5e-...  1795832458773-0  2026-11-28T02:20:58.773Z in 0.3 s'),
    ).toBe('a.b <uuid> <entry id> <time> in <duration>');
  });
});
