/** The environment of a program whose clock is that many seconds ahead, by libfaketime. The loader knows what `$LIB` is. */
export function clockAhead(seconds: number | undefined): Readonly<Record<string, string>> {
  if (seconds === undefined) return {};
  return { LD_PRELOAD: '/usr/$LIB/faketime/libfaketime.so.1', FAKETIME: `+${seconds}s`, FAKETIME_DONT_RESET: '1' };
}
