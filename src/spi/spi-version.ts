import { MillraceError } from './error.js'

/**
 * The version of what `millrace/spi` exports, under semantic versioning: a new major breaks connectors, a new minor adds.
 * What the first release exports is 1.0.0.
 * A plugin that names the version it was written for (`spiVersion`) is refused where it cannot work.
 * @source semver.org 2.0.0
 */
export const SPI_VERSION = '1.0.0'

/**
 * Whether a plugin written for one version of the SPI runs on another: the major is the same, and nothing it may use is newer.
 * @throws CONFIGURATION_INVALID for what is no version, or does not run
 */
export function checkSpiVersion(wanted: string, plugin: string, provided = SPI_VERSION): void {
  const [major, minor, patch] = versionOf(wanted, plugin)
  const [ownMajor, ownMinor, ownPatch] = versionOf(provided, plugin)
  const isNewer = minor > ownMinor || (minor === ownMinor && patch > ownPatch)
  if (major === ownMajor && !isNewer) return
  const remedy =
    major < ownMajor
      ? `a release of the plugin for version ${ownMajor} is needed`
      : `a newer Millrace is needed`
  throw new MillraceError(
    'CONFIGURATION_INVALID',
    `Plugin ${plugin} was written for another version of the SPI than ${provided}: ${wanted}`,
    { hint: `Same major and nothing newer runs: ${remedy}` },
  )
}

/** `1`, `1.2` or `1.2.3`; what is missing is 0. */
function versionOf(text: string, plugin: string): readonly [number, number, number] {
  const match = /^(\d+)(?:\.(\d+))?(?:\.(\d+))?$/.exec(text)
  if (match === null) {
    throw new MillraceError(
      'CONFIGURATION_INVALID',
      `spiVersion of plugin ${plugin} must be such as ${SPI_VERSION}: ${text}`,
    )
  }
  const [, major, minor = '0', patch = '0'] = match
  return [Number(major), Number(minor), Number(patch)]
}
