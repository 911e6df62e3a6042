import {
  BIGINT,
  DOUBLE,
  mapType,
  type SystemInformation,
  type SystemTable,
  VARCHAR,
} from '../../spi/index.js'
import { bigintOf, columnsOf, instantOf, systemTable } from './columns.js'

/** The schema runtime. @source Trino NodeSystemTable, QuerySystemTable, TaskSystemTable, TransactionsSystemTable, RuleStatsSystemTable */
export const runtimeTables = (information: SystemInformation): readonly SystemTable[] => [
  nodes(information),
  queries(information),
  tasks(information),
  transactions(information),
  optimizerRuleStats(information),
]

const NODES = columnsOf({
  node_id: 'varchar',
  http_uri: 'varchar',
  node_version: 'varchar',
  coordinator: 'boolean',
  state: 'varchar',
})

const nodes = (information: SystemInformation): SystemTable =>
  systemTable('runtime', 'nodes', NODES, async function* (session) {
    for (const node of await information.listNodes(session)) {
      yield [node.nodeId, node.httpUri, node.version, node.coordinator, node.state]
    }
  })

const QUERIES = columnsOf({
  query_id: 'varchar',
  state: 'varchar',
  user: 'varchar',
  source: 'varchar',
  query: 'varchar',
  resource_group_id: 'array(varchar)',
  queued_time_ms: 'bigint',
  analysis_time_ms: 'bigint',
  planning_time_ms: 'bigint',
  created: 'timestamp(3) with time zone',
  started: 'timestamp(3) with time zone',
  last_heartbeat: 'timestamp(3) with time zone',
  end: 'timestamp(3) with time zone',
  error_type: 'varchar',
  error_code: 'varchar',
})

const queries = (information: SystemInformation): SystemTable =>
  systemTable('runtime', 'queries', QUERIES, async function* (session) {
    for (const query of await information.listQueries(session)) {
      yield [
        query.queryId,
        query.state,
        query.user,
        query.source ?? null,
        query.query,
        query.resourceGroupId ?? null,
        bigintOf(query.queuedTimeMillis),
        bigintOf(query.analysisTimeMillis),
        bigintOf(query.planningTimeMillis),
        instantOf(query.createdMillis),
        instantOf(query.startedMillis),
        instantOf(query.lastHeartbeatMillis),
        instantOf(query.endMillis),
        query.errorType ?? null,
        query.errorCode ?? null,
      ]
    }
  })

const TASKS = columnsOf({
  node_id: 'varchar',
  task_id: 'varchar',
  stage_id: 'varchar',
  query_id: 'varchar',
  state: 'varchar',
  splits: 'bigint',
  queued_splits: 'bigint',
  running_splits: 'bigint',
  completed_splits: 'bigint',
  split_scheduled_time_ms: 'bigint',
  split_cpu_time_ms: 'bigint',
  split_blocked_time_ms: 'bigint',
  raw_input_bytes: 'bigint',
  raw_input_rows: 'bigint',
  processed_input_bytes: 'bigint',
  processed_input_rows: 'bigint',
  output_bytes: 'bigint',
  output_rows: 'bigint',
  physical_input_bytes: 'bigint',
  physical_written_bytes: 'bigint',
  created: 'timestamp(3) with time zone',
  start: 'timestamp(3) with time zone',
  last_heartbeat: 'timestamp(3) with time zone',
  end: 'timestamp(3) with time zone',
})

const tasks = (information: SystemInformation): SystemTable =>
  systemTable('runtime', 'tasks', TASKS, async function* (session) {
    for (const task of await information.listTasks(session)) {
      yield [
        task.nodeId,
        task.taskId,
        task.stageId,
        task.queryId,
        task.state,
        bigintOf(task.splits),
        bigintOf(task.queuedSplits),
        bigintOf(task.runningSplits),
        bigintOf(task.completedSplits),
        bigintOf(task.splitScheduledTimeMillis),
        bigintOf(task.splitCpuTimeMillis),
        bigintOf(task.splitBlockedTimeMillis),
        bigintOf(task.rawInputBytes),
        bigintOf(task.rawInputRows),
        bigintOf(task.processedInputBytes),
        bigintOf(task.processedInputRows),
        bigintOf(task.outputBytes),
        bigintOf(task.outputRows),
        bigintOf(task.physicalInputBytes),
        bigintOf(task.physicalWrittenBytes),
        instantOf(task.createdMillis),
        instantOf(task.startMillis),
        instantOf(task.lastHeartbeatMillis),
        instantOf(task.endMillis),
      ]
    }
  })

const TRANSACTIONS = columnsOf({
  transaction_id: 'varchar',
  isolation_level: 'varchar',
  read_only: 'boolean',
  auto_commit_context: 'boolean',
  create_time: 'timestamp(3) with time zone',
  idle_time_secs: 'bigint',
  written_catalog: 'varchar',
  catalogs: 'array(varchar)',
})

const transactions = (information: SystemInformation): SystemTable =>
  systemTable('runtime', 'transactions', TRANSACTIONS, async function* (session) {
    for (const transaction of await information.listTransactions(session)) {
      yield [
        transaction.transactionId,
        transaction.isolationLevel,
        transaction.readOnly,
        transaction.autoCommitContext,
        instantOf(transaction.createMillis),
        bigintOf(transaction.idleTimeSeconds),
        transaction.writtenCatalog ?? null,
        transaction.catalogs,
      ]
    }
  })

const RULES = [
  { name: 'rule_name', type: VARCHAR },
  { name: 'invocations', type: BIGINT },
  { name: 'matches', type: BIGINT },
  { name: 'failures', type: BIGINT },
  { name: 'average_time', type: DOUBLE },
  { name: 'time_distribution_percentiles', type: mapType(DOUBLE, DOUBLE) },
]

const optimizerRuleStats = (information: SystemInformation): SystemTable =>
  systemTable('runtime', 'optimizer_rule_stats', RULES, async function* (session) {
    for (const rule of await information.listRuleStatistics(session)) {
      yield [
        rule.ruleName,
        bigintOf(rule.invocations),
        bigintOf(rule.matches),
        bigintOf(rule.failures),
        rule.averageTimeMillis,
        { keys: [], values: [] },
      ]
    }
  })
