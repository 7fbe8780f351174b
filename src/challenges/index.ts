/**
 * Solvers: what makes a challenge answerable.
 *
 * @module
 */
export { answerHttpChallenge, type HttpListenerOptions, httpListenerSolver } from './http-01-listener.ts';
export type * from './solver.ts';
