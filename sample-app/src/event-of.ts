import { plainToInstance } from 'class-transformer';

/** An event from what it says, nested objects included; the compiler sees to it that nothing is missing. */
export function eventOf<T extends object>(type: new () => T, facts: T): T {
  return plainToInstance(type, facts);
}
