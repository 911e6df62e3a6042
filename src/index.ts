/** Millrace: a streaming SQL dataflow engine for Node.js. */

export type {
  RegisteredColumn,
  RegisteredSource,
  RegisterOptions,
} from './engine/catalog/registered-source.js'
export type { EngineOptions } from './engine/engine-options.js'
export type {
  DriverInfo,
  OperatorInfo,
  PipelineInfo,
  StageInfo,
  TaskInfo,
} from './engine/execution/query-info.js'
export type {
  ArgumentValues,
  NullHandling,
  ProgramAggregate,
  ProgramAggregateFunction,
  ProgramFunction,
  ProgramScalarFunction,
  SqlValue,
} from './engine/functions/program-function.js'
export { type ExecuteResult, Millrace, type StatementOptions } from './engine/millrace.js'
export type { Query, QueryInfo, QueryStats, Row } from './engine/query/query.js'
export type { QueryState } from './engine/query/query-run.js'
export type { OutputFormat } from './engine/result/output-format.js'
export type { ResultColumn } from './engine/result/result-column.js'
export {
  type ErrorRecord,
  MillraceError,
  type MillraceErrorOptions,
  type SourceLocation,
} from './spi/error.js'
export type { Page } from './spi/page/page.js'
export { type SqlType, typeName } from './spi/type/type.js'
