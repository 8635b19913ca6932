/** What is worth knowing of how an instance was made of a plain object. Most often nothing. */
export class CastNotes {
  private kept?: Map<string, string>;
  private shadowed?: Set<string>;
  private unmade?: Map<string, string>;
  private remarked?: Map<string, string>;
  /** Whether a property named `__proto__` was left out. */
  hasLeftProtos = false;

  /** A property that stays as it was given, `Order.placedAt`, and why. */
  keep(name: string, reason: string): void {
    (this.kept ??= new Map()).set(name, reason);
  }

  /** The same for an item of several: the first that fails counts. */
  keepItem(name: string, reason: string): void {
    if (!this.kept?.has(name)) this.keep(name, reason);
  }

  /** A property named `__proto__` was left out: no object may get one. */
  leaveProto(): void {
    this.hasLeftProtos = true;
  }

  /** What was left out, as the class has a method of that name. */
  shadow(name: string): void {
    (this.shadowed ??= new Set()).add(name);
  }

  /** A class whose constructor threw, so that its instances were made without it, and what it threw. */
  makeWithout(className: string, reason: string): void {
    (this.unmade ??= new Map()).set(className, reason);
  }

  /** What else is worth knowing of a property: `has no offset and is read as UTC`. */
  remark(name: string, text: string): void {
    (this.remarked ??= new Map()).set(name, text);
  }

  /** What is irregular about a value that could be read, in words; undefined where nothing is. */
  remarks(): string | undefined {
    if (!this.remarked) return undefined;
    return join([...this.remarked].map(([name, text]) => `${name} ${text}`));
  }

  /** All of it in words; undefined where there is nothing to say. */
  all(): string | undefined {
    if (!this.kept && !this.shadowed && !this.unmade && !this.remarked) return undefined;
    return join([
      ...[...(this.unmade ?? [])].map(
        ([name, reason]) => `${name} was made without its constructor (${reason})`,
      ),
      ...[...(this.kept ?? [])].map(([name, reason]) => `${name} was not cast (${reason})`),
      ...[...(this.shadowed ?? [])].map(
        (name) => `${name} was left out (the class has such a method)`,
      ),
      ...[...(this.remarked ?? [])].map(([name, text]) => `${name} ${text}`),
    ]);
  }
}

function join(notes: readonly string[]): string | undefined {
  return notes.length === 0 ? undefined : notes.join('; ');
}
