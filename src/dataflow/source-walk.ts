import type { RemoteSource, ScanSource, SourceSpec } from './pipeline.js'

/** The scans that a pipeline's source reads. */
export function scansOf(source: SourceSpec): readonly ScanSource[] {
  return source.kind === 'scan' ? [source] : nestedSources(source).flatMap(scansOf)
}

function nestedSources(source: SourceSpec): readonly SourceSpec[] {
  switch (source.kind) {
    case 'union':
      return source.branches.map((branch) => branch.source)
    case 'asyncCall':
      return [source.input.source]
    case 'tableFunction':
      return source.inputs.map((input) => input.source)
    default:
      return []
  }
}

/** What it reads of other fragments. */
export const remoteSources = (source: SourceSpec): readonly RemoteSource[] =>
  source.kind === 'remote' ? [source] : nestedSources(source).flatMap(remoteSources)

/** The pipelines whose pages it takes as they come. */
export function channelSources(source: SourceSpec): readonly number[] {
  if (source.kind === 'channel') return [source.pipeline]
  return nestedSources(source).flatMap(channelSources)
}
