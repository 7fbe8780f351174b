/** What processes want that want nothing special: of simulated machines as of real ones. */
import type { Solver } from '../src/challenges/index.ts';
import type { CertificateSpec, IssuerSpec } from '../src/engine/index.ts';

const day = 86_400_000;

/** An issuer that trusts this root, with the account that everybody has. */
export function plainIssuer(directory: string, root: string): IssuerSpec {
  return {
    directory,
    account: { id: 'me@example.com', email: 'me@example.com', keyAlgorithm: 'EC256', terms: 'agreed' },
    tls: { roots: [root] },
  };
}

/** What a process wants that wants nothing special: a certificate for the names, within ten minutes. */
export function plainSpec(names: readonly string[], issuer: IssuerSpec, solver: Solver): CertificateSpec {
  return {
    name: names[0] ?? '',
    identifiers: names.map((value) => ({ type: 'dns', value })),
    key: { kind: 'generate', algorithm: 'EC256', reuse: false },
    issuers: [issuer],
    solvers: [solver],
    renewal: { shortLifetimeMs: 10 * day, ari: true, ariWaitMs: 0 },
    deadlineMs: 600_000,
  };
}
