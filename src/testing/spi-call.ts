/** Calls of the SPI by name, such as `metadata.getTableHandle` or `pageSource.getNextPage`. */
export type SpiCallName = string

/** A fault that is put into one call. */
export interface Fault {
  readonly call: SpiCallName
  /** Which of the calls of that name, from 1. */
  readonly occurrence: number
  /** Instead of the call, or once the connector has done what it was asked for. */
  readonly moment: 'before' | 'after'
  readonly error: () => Error
}

/** The results that are services themselves, by the call that gives them. */
export const SERVICES: Readonly<Record<SpiCallName, string>> = {
  'connector.getMetadata': 'metadata',
  'connector.getSplitManager': 'splitManager',
  'connector.getPageSourceProvider': 'pageSourceProvider',
  'connector.getRecordSetProvider': 'recordSetProvider',
  'connector.getPageSinkProvider': 'pageSinkProvider',
  'splitManager.getSplits': 'splitSource',
  'splitManager.getTableFunctionSplits': 'splitSource',
  'pageSourceProvider.createPageSource': 'pageSource',
  'connector.getFunctionProvider': 'functionProvider',
  'functionProvider.getTableFunctionProcessorProvider': 'processorProvider',
  'processorProvider.getDataProcessor': 'dataProcessor',
  'processorProvider.getSplitProcessor': 'splitProcessor',
  'recordSetProvider.getRecordSet': 'recordSet',
  'recordSet.cursor': 'cursor',
  'pageSinkProvider.createPageSink': 'pageSink',
  'pageSinkProvider.createInsertPageSink': 'pageSink',
  'pageSinkProvider.createExecutePageSink': 'pageSink',
  'pageSinkProvider.createMergeSink': 'mergeSink',
}

/** The same where the result is a list of services. */
export const SERVICE_LISTS: Readonly<Record<SpiCallName, string>> = {
  'connector.getProcedures': 'procedure',
  'connector.getTableFunctions': 'tableFunction',
}

/** Calls whose results are handles and splits, or hold them: plain data that travels. */
export const PLAIN_RESULTS: ReadonlySet<SpiCallName> = new Set([
  'connector.beginTransaction',
  'metadata.getTableHandle',
  'metadata.getColumnHandles',
  'metadata.getMergeRowIdColumnHandle',
  'metadata.applyLimit',
  'metadata.applyTopN',
  'metadata.applyFilter',
  'metadata.applyProjection',
  'metadata.applySample',
  'metadata.applyAggregation',
  'metadata.applyJoin',
  'metadata.applyTableFunction',
  'metadata.applyTableScanRedirect',
  'metadata.applyDelete',
  'metadata.applyUpdate',
  'metadata.beginCreateTable',
  'metadata.beginInsert',
  'metadata.beginMerge',
  'metadata.beginRefreshMaterializedView',
  'metadata.getTableHandleForExecute',
  'metadata.beginTableExecute',
  'metadata.beginStatisticsCollection',
  'splitSource.getNextBatch',
  'tableFunction.analyze',
])

/** Pushdown, which the engine does itself where it is absent. */
export const PUSHDOWN_METHODS = [
  'applyFilter',
  'applyProjection',
  'applyLimit',
  'applyTopN',
  'applySample',
  'applyAggregation',
  'applyJoin',
  'applyTableScanRedirect',
  'applyDelete',
  'applyUpdate',
] as const
