/** Every URL of the CA, made from its base. */
export interface CaUrls {
  readonly base: string;
  readonly directory: string;
  readonly newNonce: string;
  readonly newAccount: string;
  readonly newOrder: string;
  readonly revokeCert: string;
  readonly keyChange: string;
  readonly renewalInfo: string;
  /** What stands before the hash of an account in a dns-persist-01 record; nothing is there. */
  readonly accountHashPrefix: string;
  account(id: string): string;
  orders(accountId: string, cursor?: number): string;
  order(id: string): string;
  finalize(orderId: string): string;
  authorization(id: string): string;
  challenge(id: string): string;
  /** `alternate` 0 is the default chain. */
  certificate(id: string, alternate?: number): string;
  terms(token: string): string;
}

export function caUrls(base: string): CaUrls {
  return {
    base,
    directory: `${base}/directory`,
    newNonce: `${base}/new-nonce`,
    newAccount: `${base}/new-account`,
    newOrder: `${base}/new-order`,
    revokeCert: `${base}/revoke-cert`,
    keyChange: `${base}/key-change`,
    renewalInfo: `${base}/renewal-info`,
    accountHashPrefix: `${base}/account-hash/`,
    account: (id) => `${base}/account/${id}`,
    orders: (id, cursor) => `${base}/account/${id}/orders${cursor === undefined ? '' : `?cursor=${cursor}`}`,
    order: (id) => `${base}/order/${id}`,
    finalize: (id) => `${base}/order/${id}/finalize`,
    authorization: (id) => `${base}/authorization/${id}`,
    challenge: (id) => `${base}/challenge/${id}`,
    certificate: (id, alternate = 0) => `${base}/certificate/${id}${alternate === 0 ? '' : `/alternate/${alternate}`}`,
    terms: (token) => `${base}/terms/${token}`,
  };
}
