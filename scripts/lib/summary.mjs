// The closing line that every script of this tree prints last: `N passed, N failed`.

export function closingLine({ passed, failed }) {
  return `${passed} passed, ${failed} failed`;
}

/** Prints the closing line and sets the exit code: a failure, or nothing tried at all, is not zero. */
export function close({ passed, failed }) {
  console.log(`\n${closingLine({ passed, failed })}`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}
