/**
 * This process's environment without what `npm test` and Jest say about this repository: for npm and
 * Node in another directory, which would take it as said about theirs.
 */
export function outsideEnvironment(): NodeJS.ProcessEnv {
  const ours =
    /^(npm_(package|lifecycle|config_local_prefix|config_workspace)|NODE_OPTIONS$|INIT_CWD$)/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
}
