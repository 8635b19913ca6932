import { ACL_GROUPS, aclRules } from '../support/acl.js';

/** The rights that the module needs, in Markdown. */
export function renderAclSection(): string {
  const line = ['ACL SETUSER', ...aclRules('PASSWORD')].join(' ');
  const rows = ACL_GROUPS.map(({ purpose, commands }) => [
    purpose,
    commands.map((command) => `\`${command}\``).join(', '),
  ]);
  const head = ['For', 'Commands'];
  const table = [head, head.map(() => '---'), ...rows].map(renderRow).join('\n');
  return `\`\`\`text\n${line}\n\`\`\`\n\n${table}\n`;
}

function renderRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
