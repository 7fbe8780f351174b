/**
 * Command lines from one table: parsing in a peer's grammar, binding to the environment, help and documentation. Pure
 * functions: words and environment are parameters, what is printed is returned.
 *
 * @module
 */
export * from './command.ts';
export { absolutePath } from './file-path.ts';
export * from './flag.ts';
export * from './go-values.ts';
export type * from './grammar.ts';
export { commandHelp, commandManual, programHelp } from './help.ts';
export * from './parse.ts';
export * from './reference-page.ts';
export { twoColumns } from './text-table.ts';
export * from './urfave.ts';
