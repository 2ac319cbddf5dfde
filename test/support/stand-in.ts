/**
 * A part of something, for code under test that uses no more of it: what it would use besides is undefined, and fails there. The one cast of
 * the tests that says so; a name that the whole does not have does not compile.
 */
export const standIn = <T>(part: { readonly [K in keyof T]?: unknown }): T => part as T;
