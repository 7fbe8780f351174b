/** Environment variables: a parameter everywhere, never read from the process. */
export type Environment = Readonly<Record<string, string | undefined>>;
