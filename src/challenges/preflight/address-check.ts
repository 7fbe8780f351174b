import type { Check } from './context.ts';
import { isDnsType, listed, reasonOf } from './context.ts';
import type { Problem } from './finding.ts';
import { specialAddress } from './special-use.ts';

/** That the name leads somewhere a CA can go: for http-01 and tls-alpn-01. */
export const checkAddress: Check = async ({ addresses: book, caIsPublic }, { identifier, name, methods }) => {
  if (identifier.type === 'ip') return caIsPublic ? reserved(name) : [];
  const { addresses, fixed, told, missing, failures } = await book.lookUp(name);
  const hindered = methods.filter((method) => !isDnsType(method));
  const failed = failures.map(({ type, error }) => `${type}: ${reasonOf(error)}`);
  if (addresses.length === 0) {
    const severity = failures.length === 0 || missing ? 'certain' : 'likely';
    return hindered.map((method) => ({
      check: 'address',
      severity,
      method,
      cause: `${name} has no address to visit (${listed([...told, ...failed])}).`,
      cure: missing
        ? 'Check the spelling, and create an A or AAAA record that leads to this machine.'
        : 'Create an A or AAAA record that leads to this machine, or prove the name by DNS.',
    }));
  }
  return [...halfFailed(name, failed), ...(fixed || !caIsPublic ? [] : special(name, addresses))];
};

function halfFailed(name: string, failed: readonly string[]): readonly Problem[] {
  if (failed.length === 0) return [];
  return [
    {
      check: 'address',
      severity: 'note',
      cause: `One kind of address of ${name} cannot be looked up (${listed(failed)}).`,
      cure: 'Mend the name servers of the domain: some CAs refuse such a name.',
    },
  ];
}

/** No public CA may issue for such an address (Baseline Requirements §4.2.2). */
function reserved(address: string): readonly Problem[] {
  const what = specialAddress(address);
  if (what === undefined) return [];
  return [
    {
      check: 'address',
      severity: 'likely',
      cause: `The address ${address} is ${what}, and no public CA issues for it.`,
      cure: 'Order it from a CA of your own network, or use a public address.',
    },
  ];
}

function special(name: string, addresses: readonly { readonly host: string }[]): readonly Problem[] {
  const odd = addresses.flatMap(({ host }) => {
    const what = specialAddress(host);
    return what === undefined ? [] : [`${host} (${what})`];
  });
  if (odd.length === 0) return [];
  return [
    {
      check: 'address',
      severity: 'likely',
      cause: `${name} leads to ${listed(odd)}, where a public CA cannot go.`,
      cure: 'Let the public DNS show the public address, or prove the name by DNS.',
    },
  ];
}
