import { readdirSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import ts from 'typescript';

/**
 * The other files of this folder hold what must compile and, under `@ts-expect-error`, what must not; `expectTypeOf`
 * says which type something has. They are never run: `tsc` judges them, in `npm run lint` and here. To add some, add
 * a file.
 */
const FOLDER = 'test/types/';
const FILES = readdirSync(FOLDER)
  .filter((file) => !file.endsWith('.spec.ts'))
  .map((file) => FOLDER + file);

/** What must be found wrong, by the line that it is on. */
const WRONG = `
import { Event, EventMessage, OnEvent } from 'nestjs-lightbus';
import { expectTypeOf } from 'expect-type';
@Event('types.placed') class Placed { quantity!: number; }
class Handlers {
  @OnEvent(Placed, { listenerName: 'types' }) handle(_event: { reason: string }) {}
  // @ts-expect-error -- it compiles
  @OnEvent(Placed, { listenerName: 'types' }) right(_event: Placed) {}
}
expectTypeOf<EventMessage<Placed>['payload']>().toEqualTypeOf<object>();
`;

let errors: Map<string, string[]>;

beforeAll(() => {
  const wrong = `${FOLDER}wrong.ts`;
  const { config } = ts.readConfigFile('tsconfig.json', ts.sys.readFile) as { config: unknown };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, '.');
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists } = host;
  host.readFile = (file) => (file.endsWith(wrong) ? WRONG : readFile(file));
  host.fileExists = (file) => file.endsWith(wrong) || fileExists(file);
  const program = ts.createProgram([...FILES, wrong], options, host);
  errors = new Map(
    [...FILES, wrong].map((name) => {
      const source = program.getSourceFile(name)!;
      const found = [
        ...program.getSyntacticDiagnostics(source),
        ...program.getSemanticDiagnostics(source),
      ];
      return [name, found.map((error) => describeError(source, error))];
    }),
  );
});

function describeError(source: ts.SourceFile, { start = 0, messageText }: ts.Diagnostic): string {
  const line = source.getLineAndCharacterOfPosition(start).line + 1;
  return `${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
}

describe('the types', () => {
  it.each(FILES)('are as %s says', (file) => {
    expect(errors.get(file)).toEqual([]);
  });

  it('are red where one is not as it should be', () => {
    expect(errors.get(`${FOLDER}wrong.ts`)).toEqual([
      expect.stringMatching(/^6: .*'NoHandlerOf<Placed>'/),
      expect.stringMatching(/^7: Unused '@ts-expect-error' directive/),
      expect.stringMatching(/^10: /),
    ]);
  });
});
