import type { KeyObject } from 'node:crypto';
import type { Secret } from '../core/index.ts';
import { readMacKey, verifyMacJws } from '../pki/index.ts';
import { parseJson } from './payload.ts';
import { CaProblem } from './problem.ts';
import { parseJws, parsePublicKey } from './request.ts';

export interface ExternalAccountsOptions {
  readonly keys: ReadonlyMap<string, Secret>;
  readonly required: boolean;
  readonly oneTime: boolean;
}

const macAlgorithms: readonly unknown[] = ['HS256', 'HS384', 'HS512'];

/** The external accounts that an ACME account can be bound to (RFC 8555 §7.3.4). */
export class ExternalAccounts {
  readonly #keys: Map<string, Secret>;
  readonly #used = new Set<string>();
  readonly #required: boolean;
  readonly #oneTime: boolean;

  constructor(options: ExternalAccountsOptions) {
    this.#keys = new Map(options.keys);
    this.#required = options.required;
    this.#oneTime = options.oneTime;
  }

  get required(): boolean {
    return this.#required;
  }

  add(kid: string, macKey: Secret): void {
    this.#keys.set(kid, macKey);
    this.#used.delete(kid);
  }

  /**
   * Checks the binding of a new account and spends it. Returns what the account shows: nothing when this CA binds no
   * accounts, since an unverified binding must not be shown.
   *
   * @throws CaProblem `externalAccountRequired`, `malformed`, `unauthorized`
   */
  bind(binding: unknown, outer: { readonly url: string; readonly key: KeyObject }): unknown {
    if (binding === undefined || binding === null) {
      if (!this.#required) return undefined;
      throw new CaProblem(
        'externalAccountRequired',
        'A new account must be bound to an external account: send externalAccountBinding',
      );
    }
    if (this.#keys.size === 0 && !this.#required) return undefined;
    const kid = this.#verify(binding, outer);
    if (this.#oneTime) this.#used.add(kid);
    return binding;
  }

  #verify(binding: unknown, outer: { readonly url: string; readonly key: KeyObject }): string {
    const { header, jws, payload } = parseJws(binding, 'externalAccountBinding');
    if (!macAlgorithms.includes(header.alg))
      throw refuse(`its "alg" must be HS256, HS384 or HS512, not ${JSON.stringify(header.alg)}`);
    if (header.nonce !== undefined) throw refuse('its protected header must not have a nonce');
    if (header.url !== outer.url) throw refuse(`its "url" must be ${outer.url}`);
    const { kid } = header;
    if (typeof kid !== 'string') throw refuse('its protected header has no "kid"');
    const macKey = this.#keys.get(kid);
    if (macKey === undefined) throw new CaProblem('unauthorized', `There is no external account "${kid}"`);
    if (!verifyMacJws(jws, readMacKey(macKey)))
      throw new CaProblem('unauthorized', `The MAC does not verify by the key of the external account "${kid}"`);
    if (!parsePublicKey(parseJson(payload)).equals(outer.key))
      throw refuse('its payload is not the key that signed the request');
    if (this.#used.has(kid)) throw new CaProblem('unauthorized', `The external account "${kid}" has been used already`);
    return kid;
  }
}

function refuse(why: string): CaProblem {
  return new CaProblem('malformed', `The externalAccountBinding cannot be accepted: ${why}`);
}
