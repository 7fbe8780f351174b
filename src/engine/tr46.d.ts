declare module 'tr46' {
  /** UTS 46 ToASCII: null when the name is invalid. */
  export function toASCII(
    name: string,
    options: {
      checkBidi: boolean;
      checkHyphens: boolean;
      checkJoiners: boolean;
      useSTD3ASCIIRules: boolean;
      verifyDNSLength: boolean;
      transitionalProcessing: boolean;
    },
  ): string | null;
}
