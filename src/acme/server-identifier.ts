import { formatIpAddress, type Identifier, parseIpAddress } from '../core/index.ts';

/**
 * An identifier as a server wrote it, in our normal form, so that `Example.COM` compares equal to what was asked for;
 * undefined when it is of a type we never order.
 */
export function serverIdentifier(value: { readonly type: string; readonly value: string }): Identifier | undefined {
  if (value.type === 'dns' && /^[\x21-\x7e]{1,255}$/.test(value.value)) {
    return { type: 'dns', value: value.value.toLowerCase() };
  }
  const address = value.type === 'ip' ? parseIpAddress(value.value) : undefined;
  return address === undefined ? undefined : { type: 'ip', value: formatIpAddress(address) };
}
