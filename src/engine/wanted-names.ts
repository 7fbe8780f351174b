import { type Identifier, identifierKey } from '../core/index.ts';

export interface NameSources {
  /** What is asked for now; empty when nothing is said of names. */
  readonly asked: readonly Identifier[];
  /** What the stored certificate holds; empty when there is none. */
  readonly held: readonly Identifier[];
  /** What was asked for when the stored certificate was made. */
  readonly recorded: readonly Identifier[];
  /** Names that are held but not asked for are dropped. */
  readonly exact: boolean;
}

/**
 * The names to order, those of the certificate and those asked for, so that leaving a name out never shrinks a
 * certificate in use (lego's rule). Exact: only those asked for. Nothing asked for: what was recorded counts as asked.
 */
export function wantedNames({ asked, held, recorded, exact }: NameSources): readonly Identifier[] {
  const wanted = asked.length > 0 ? asked : recorded;
  if (exact) return unique(wanted);
  return unique([...held, ...wanted]);
}

function unique(identifiers: readonly Identifier[]): readonly Identifier[] {
  return [...new Map(identifiers.map((identifier) => [identifierKey(identifier), identifier])).values()];
}
