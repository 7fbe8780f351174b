import { toASCII } from 'tr46';

/** The A-labels of a name by UTS 46, lower case; null when it is invalid. Loads the tables of all Unicode. */
export function unicodeName(name: string): string | null {
  return toASCII(name, {
    checkBidi: true,
    checkHyphens: false,
    checkJoiners: true,
    useSTD3ASCIIRules: true,
    verifyDNSLength: true,
    transitionalProcessing: false,
  });
}
