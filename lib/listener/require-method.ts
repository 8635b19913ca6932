import { ListenerDefinitionError } from '../errors.js';

/**
 * The method that a decorator is applied to. Methods are looked for by name on the instances of a class: of any
 * other nobody would know.
 *
 * @param decorator its name, for messages to people: `@OnEvent`.
 * @throws ListenerDefinitionError
 */
export function requireMethod(
  decorator: string,
  target: object,
  name: string | symbol,
  descriptor: PropertyDescriptor | undefined,
): object {
  const method: unknown = descriptor?.value;
  if (typeof name === 'object') {
    throw new ListenerDefinitionError(
      `${decorator} was applied as a decorator of the ECMAScript standard, and Nest knows TypeScript's ` +
        'own only: set experimentalDecorators and emitDecoratorMetadata in tsconfig.json.',
    );
  }
  const kinds: [boolean, string][] = [
    [typeof target === 'function', 'a static method'],
    [typeof name === 'symbol', 'a method that is named by a symbol'],
    [typeof method !== 'function', 'a property or an accessor'],
  ];
  const [, kind] = kinds.find(([found]) => found) ?? [];
  if (kind === undefined) return method as object;
  const where = typeof target === 'function' ? target.name : target.constructor.name;
  throw new ListenerDefinitionError(
    `${decorator} on ${where}.${String(name)} is on ${kind}, which would never be called. ` +
      'Put it on a method of a provider or controller that has a name.',
  );
}
