/** Which shapes of dns-persist-01 there are. */

/**
 * `draft-00` shows `issuer-domain-names` with the challenge, `draft-01` the account's URL as well; both want that URL in
 * the record. `draft-02` shows `issuerDomainNames`, there and in the directory, and wants a hash below `accountHashPrefix`.
 */
export const persistDrafts = ['draft-00', 'draft-01', 'draft-02'] as const;

export type PersistDraft = (typeof persistDrafts)[number];
