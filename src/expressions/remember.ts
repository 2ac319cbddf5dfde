/**
 * `make`, which is asked again only for what is not among the last `most` sources that were asked for in this isolate.
 * For what follows from its source alone: whether it was remembered changes how long it takes, and nothing else.
 */
export function remember<T extends object | string>(most: number, make: (source: string) => T): (source: string) => T {
  const known = new Map<string, T>();
  return (source) => {
    const made = known.get(source) ?? make(source);
    known.delete(source);
    known.set(source, made);
    const [oldest] = known.keys();
    if (known.size > most && oldest !== undefined) known.delete(oldest);
    return made;
  };
}
