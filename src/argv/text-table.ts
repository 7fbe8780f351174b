/** Breaks a text into lines of at most `width` characters at its spaces; a longer word stays whole. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Two columns, the second wrapped to the width; a left cell wider than `left` gets a line of its own. */
export function twoColumns(
  rows: readonly (readonly [left: string, right: string])[],
  size: { readonly left: number; readonly width: number },
): readonly string[] {
  return rows.flatMap(([left, right]) => {
    const lines = wrap(right, size.width - size.left - 4);
    const indent = ' '.repeat(size.left + 4);
    if (left.length > size.left) return [`  ${left}`, ...lines.map((line) => indent + line)];
    return lines.map((line, index) => (index === 0 ? `  ${left.padEnd(size.left)}  ${line}` : indent + line));
  });
}
