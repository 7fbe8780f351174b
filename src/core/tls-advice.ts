/**
 * What a reader can do when a server's certificate is not accepted, by what is wrong with it.
 *
 * @internal
 */
export const tlsAdvice = {
  untrusted: "Give the CA's root certificate as a trusted root.",
  expired: 'Renew the certificate of that server, or set the clock of this machine right.',
  notYetValid: 'Set the clock of this machine right.',
  wrongHost: 'Use the name that is in the certificate, or give the expected server name.',
} as const;
