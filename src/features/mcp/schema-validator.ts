/**
 * Stands in the bundle for the library's own JSON Schema validator (wrangler.toml, `alias`), which it would use on what a client fills into a form:
 * no form is sent to anybody here. Tools' arguments are judged by their operations' own schemas.
 */
export class DefaultJsonSchemaValidator {
  getValidator(): never {
    throw new Error("nothing is elicited in a form here");
  }
}

/** The library's transport over standard streams asks for one; there are none in a Worker. */
export const process = {};
