/**
 * `make`, which is asked again only for what is not among the sources that were asked for last in this isolate: `most` of them, or as many
 * as have together that size. For what follows from its source alone: whether it was remembered changes how long it takes, and nothing else.
 */
export function remember<T extends object | string>(
  most: number,
  make: (source: string) => T,
  sizeOf: (source: string) => number = () => 1,
): (source: string) => T {
  const known = new Map<string, T>();
  let size = 0;
  return (source) => {
    const found = known.get(source);
    const made = found ?? make(source);
    if (found === undefined) size += sizeOf(source);
    else known.delete(source);
    known.set(source, made);
    for (const oldest of known.keys()) {
      if (size <= most || known.size === 1) break;
      known.delete(oldest);
      size -= sizeOf(oldest);
    }
    return made;
  };
}
