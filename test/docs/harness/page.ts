import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { transform } from '@swc/core';
import { NewApplication } from '../../package/new-application.js';
import { codeBlocks, type CodeBlock } from './markdown.js';

/** A code block of a page, named by a text that no other block of its language has. */
export interface BlockName {
  readonly language: string;
  readonly containing: string;
}

/** What a page's code is part of. */
export interface PageDescription {
  /** From the repository's root: `docs/firing.md`. */
  readonly path: string;
  /**
   * The TypeScript files that its blocks are put into, by path in a folder of their own. What stands
   * before, between and after blocks is what a reader takes for granted: imports, a function around.
   */
  readonly files?: Readonly<Record<string, readonly (string | BlockName)[]>>;
}

/** Names a block of TypeScript, for {@link PageDescription.files}. */
export function block(containing: string, language = 'ts'): BlockName {
  return { language, containing };
}

/**
 * A page of the documentation, and the code in it. `test/docs/code.spec.ts` compiles the files of
 * all pages; a page's own spec loads or runs them, and takes its other blocks.
 */
export class Page {
  readonly path: string;
  readonly text: string;
  private readonly blocks: readonly CodeBlock[];
  private readonly taken = new Set<CodeBlock>();

  constructor(private readonly description: PageDescription) {
    this.path = description.path;
    this.text = readFileSync(this.path, 'utf8');
    this.blocks = codeBlocks(this.text);
  }

  /** Its name in `test/docs/pages`: `firing`. */
  get name(): string {
    return this.path.toLowerCase().replace(/^.*\//, '').replace(/\.md$/, '');
  }

  /** Takes the only block of a language that has this text (of them all, without one). */
  code(language: string, containing = ''): string {
    const [found, ...others] = this.blocks.filter(
      (candidate) => candidate.language === language && candidate.code.includes(containing),
    );
    if (!found || others.length > 0) {
      const count = found ? others.length + 1 : 'no';
      throw new Error(`${this.path} has ${count} blocks of '${language}' with '${containing}'.`);
    }
    this.taken.add(found);
    return found.code;
  }

  /** What nobody has taken: a page's spec ends by expecting it to be empty. */
  untaken(): string[] {
    return this.blocks
      .filter((candidate) => !this.taken.has(candidate))
      .map(({ language, code, heading }) => `${heading} (${language}): ${code.split('\n')[0]}`);
  }

  /** Its TypeScript files, by path. */
  files(): Map<string, string> {
    const files = Object.entries(this.description.files ?? {}).map(([path, parts]) => {
      const texts = parts.map((part) =>
        typeof part === 'string' ? part : this.code(part.language, part.containing),
      );
      return [path, texts.join('\n')] as const;
    });
    return new Map(files);
  }

  /**
   * Loads one of its files in Jest, on the sources of `nestjs-lightbus`.
   *
   * @typeParam T what it exports. Nothing checks that.
   */
  async load<T>(path: string): Promise<T> {
    this.loaded ??= this.writeTo(await NewApplication.linked());
    const { dir } = await this.loaded;
    return (await import(join(dir, path))) as T;
  }
  private loaded: Promise<NewApplication> | undefined;

  /** Its files as an application for processes, compiled, on the built package. */
  async program(): Promise<NewApplication> {
    const app = await NewApplication.linked();
    for (const [path, text] of this.files()) {
      const { code } = await transform(text, { ...COMPILER, filename: path });
      await app.write(path.replace(/\.ts$/, '.js'), code);
    }
    return app;
  }

  private async writeTo(app: NewApplication): Promise<NewApplication> {
    for (const [path, text] of this.files()) await app.write(path, text);
    return app;
  }
}

// As in jest.config.mjs. Types are checked in code.spec.ts.
const COMPILER = {
  swcrc: false,
  jsc: {
    target: 'es2022' as const,
    keepClassNames: true,
    parser: { syntax: 'typescript' as const, decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
  },
  module: { type: 'es6' as const },
};
