import { EversealError, type Identifier } from '../core/index.ts';
import { normaliseIdentifiers } from '../engine/identifiers.ts';

/** The names behind a command, by spaces or commas. @throws EversealError `usage` when there is none, `bad-identifier` */
export async function identifiersOf(words: readonly string[], command: string): Promise<readonly Identifier[]> {
  const texts = words.flatMap((word) => word.split(',')).filter((word) => word !== '');
  if (texts.length > 0) return normaliseIdentifiers(texts);
  throw new EversealError('usage', 'No name was given', {
    next: `Write everseal ${command} NAME…, such as everseal ${command} www.example.com.`,
  });
}
