/** Prints a Markdown table whose columns line up, numbers to the right. */
export function printTable(title: string, head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((cell, column) => Math.max(...[head, ...rows].map((row) => (row[column] ?? cell).length), 3));
  const numeric = head.map((_, column) => column > 0 && rows.every((row) => /^[-–≥×.\d\s]/.test(row[column] ?? '-')));
  const pad = (cell: string, column: number) =>
    numeric[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0);
  const line = (row: readonly string[]) => `| ${row.map(pad).join(' | ')} |`;
  const rule = widths.map((width, column) => '-'.repeat(width - 1) + (numeric[column] ? ':' : '-'));
  console.log(`\n### ${title}\n\n${line(head)}\n| ${rule.join(' | ')} |\n${rows.map(line).join('\n')}`);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
