import { type Ports, printable } from '../core/index.ts';

/** Asks about the CA's terms of service where there is somebody to ask; else empty. */
export function askTerms(
  { terminal }: Pick<Ports, 'terminal'>,
  signal: AbortSignal,
): { readonly askTerms?: (url: string) => Promise<boolean> } {
  if (!terminal.interactive) return {};
  return {
    askTerms: async (url) => {
      terminal.writeError(`The CA asks you to agree to its terms of service:\n  ${printable(url)}\n`);
      const answer = await terminal.ask('Do you agree? [y/N] ', signal);
      return /^y(es)?$/i.test(answer?.trim() ?? '');
    },
  };
}
