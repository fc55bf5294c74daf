// Loader hooks: modules of the sizing law with another number. The query of the first one names file, constant and number, and
// goes on to the modules that it imports.
export async function resolve(specifier, context, next) {
  const resolved = await next(specifier, context);
  const query = context.parentURL === undefined ? '' : new URL(context.parentURL).search;
  if (query === '' || !specifier.startsWith('.')) return resolved;
  return { ...resolved, url: `${resolved.url}${query}` };
}

export async function load(url, context, next) {
  const loaded = await next(url, context);
  const { pathname, searchParams } = new URL(url);
  if (!pathname.endsWith(`/${searchParams.get('file')}.js`)) return loaded;
  const name = searchParams.get('name');
  const pattern = new RegExp(`^((?:export )?const ${name} = )[^;]+;`, 'm');
  const source = String(loaded.source);
  if (!pattern.test(source)) throw new Error(`${pathname} has no constant ${name}.`);
  return { ...loaded, source: source.replace(pattern, `$1${searchParams.get('other')};`) };
}
