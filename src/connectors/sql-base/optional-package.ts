import { MillraceError } from '../../spi/index.js'

/**
 * Loads a package that only some catalogs need and that an installation may lack.
 * @throws CONFIGURATION_INVALID saying what to install
 */
export async function optionalPackage<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (error) {
    const missing = (error as { readonly code?: unknown }).code === 'ERR_MODULE_NOT_FOUND'
    throw new MillraceError(
      'CONFIGURATION_INVALID',
      missing ? `Package is not installed: ${name}` : `Package cannot be loaded: ${name}`,
      { hint: `Run: npm install ${name}`, cause: error },
    )
  }
}
