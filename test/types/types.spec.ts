import { readdirSync } from 'node:fs';
import { relative } from 'node:path';
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

/** Files that are nowhere. */
const VIRTUAL: Readonly<Record<string, string>> = {
  [`${FOLDER}wrong.ts`]: WRONG,
};

let errors: Map<string, string[]>;

beforeAll(() => {
  const { config } = ts.readConfigFile('tsconfig.json', ts.sys.readFile) as { config: unknown };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, '.');
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists } = host;
  const virtual = (file: string) => VIRTUAL[relative('.', file)];
  host.readFile = (file) => virtual(file) ?? readFile(file);
  host.fileExists = (file) => virtual(file) !== undefined || fileExists(file);
  const names = [...FILES, ...Object.keys(VIRTUAL)];
  const program = ts.createProgram(names, options, host);
  errors = new Map(
    names.map((name) => {
      const source = program.getSourceFile(name)!;
      const syntactic = program.getSyntacticDiagnostics(source);
      const found = [...syntactic, ...program.getSemanticDiagnostics(source)];
      return [name, found.map((error) => describeError(source, error))];
    }),
  );
}, 60_000);

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
