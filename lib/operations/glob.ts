/** Which names are asked for. */
export interface NamePattern {
  /** Whether a name is one of them. */
  test(name: string): boolean;
}

/**
 * A pattern in which `*` stands for any text and everything else for itself. It takes no longer than the pattern and
 * the name are long, whoever has chosen them: as a regular expression, a few stars and a long name never end.
 */
export function parseGlob(pattern: string): NamePattern {
  const [start = '', ...parts] = pattern.split(/\*+/);
  const end = parts.pop();
  if (end === undefined) return { test: (name) => name === pattern };
  return {
    test: (name) => {
      if (!name.startsWith(start)) return false;
      let at = start.length;
      for (const part of parts) {
        const found = name.indexOf(part, at);
        if (found < 0) return false;
        at = found + part.length;
      }
      return name.length - end.length >= at && name.endsWith(end);
    },
  };
}
