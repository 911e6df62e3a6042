/** Millrace: a streaming SQL dataflow engine for Node.js. */
export type { EngineOptions } from './engine/engine-options.js'
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
export type { OutputFormat } from './engine/output-format.js'
export type { Query, QueryInfo, QueryStats, Row } from './engine/query.js'
export type {
  DriverInfo,
  OperatorInfo,
  PipelineInfo,
  StageInfo,
  TaskInfo,
} from './engine/query-info.js'
export type { QueryState } from './engine/query-run.js'
export type {
  RegisteredColumn,
  RegisteredSource,
  RegisterOptions,
} from './engine/registered-source.js'
export type { ResultColumn } from './engine/result-column.js'
export {
  type ErrorRecord,
  MillraceError,
  type MillraceErrorOptions,
  type SourceLocation,
} from './spi/error.js'
export type { Page } from './spi/page.js'
export { type SqlType, typeName } from './spi/type.js'
