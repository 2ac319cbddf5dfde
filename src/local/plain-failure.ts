/** What went wrong and its remedy, in one sentence for the person at the terminal; no stack is shown. */
export class PlainFailure extends Error {}
