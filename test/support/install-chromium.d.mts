/** Where it is: what `CHROMIUM_PATH` names, or one on the PATH. */
export function findChromium(): string | undefined;
