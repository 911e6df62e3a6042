"""A session of Python's trino package (PEP 249) on the server at the port that is its argument."""

import math
import sys
import time as clock
import uuid
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import trino
from checks import check, end, equal
from dateutil.relativedelta import relativedelta
from trino.exceptions import TrinoQueryError, TrinoUserError
from trino.transaction import IsolationLevel

PORT = int(sys.argv[1])


def connect(**options):
    defaults = {"user": "python", "catalog": "tpch", "schema": "tiny"}
    return trino.dbapi.connect(host="127.0.0.1", port=PORT, **{**defaults, **options})


def rows(sql, parameters=None, connection=None):
    cursor = (connection or connect()).cursor()
    cursor.execute(sql, parameters)
    return cursor.fetchall()


def error_of(sql, connection=None):
    try:
        rows(sql, connection=connection)
    except TrinoQueryError as error:
        return error
    raise AssertionError(f"no error: {sql}")


# SQL, type as described, value as the client makes it.
VALUES = [
    ("true", "boolean", True),
    ("tinyint '-128'", "tinyint", -128),
    ("smallint '32767'", "smallint", 32767),
    ("-2147483648", "integer", -2147483648),
    ("9223372036854775807", "bigint", 9223372036854775807),
    ("bigint '-9223372036854775808'", "bigint", -9223372036854775808),
    ("real '1.5'", "real", 1.5),
    ("1e300", "double", 1e300),
    ("infinity()", "double", math.inf),
    ("-infinity()", "double", -math.inf),
    (
        "decimal '12345678901234567890.123456789012345678'",
        "decimal(38, 18)",
        Decimal("12345678901234567890.123456789012345678"),
    ),
    ("'é😀'", "varchar(2)", "é😀"),
    ("''", "varchar(0)", ""),
    ("cast('ab' as char(4))", "char(4)", "ab  "),
    ("x'00ff'", "varbinary", b"\x00\xff"),
    ("date '2020-02-29'", "date", date(2020, 2, 29)),
    ("date '0001-01-01'", "date", date(1, 1, 1)),
    ("time '10:00:00.123'", "time(3)", time(10, 0, 0, 123000)),
    (
        "time '10:00:00.123 +01:00'",
        "time(3) with time zone",
        time(10, 0, 0, 123000, tzinfo=timezone(timedelta(hours=1))),
    ),
    ("timestamp '2020-01-01 00:00:00'", "timestamp(0)", datetime(2020, 1, 1)),
    (
        "timestamp '2020-01-01 00:00:00.123456'",
        "timestamp(6)",
        datetime(2020, 1, 1, 0, 0, 0, 123456),
    ),
    (
        "timestamp '2020-01-01 00:00:00.123456789012'",
        "timestamp(12)",
        datetime(2020, 1, 1, 0, 0, 0, 123457),
    ),
    (
        "timestamp '2020-07-01 00:00:00.5 Europe/Berlin'",
        "timestamp(1) with time zone",
        datetime(2020, 7, 1, 0, 0, 0, 500000, tzinfo=ZoneInfo("Europe/Berlin")),
    ),
    (
        "interval '1 02:03:04.567' day to second",
        "INTERVAL DAY TO SECOND",
        timedelta(days=1, hours=2, minutes=3, seconds=4, milliseconds=567),
    ),
    ("interval '-2' month", "INTERVAL YEAR TO MONTH", relativedelta(months=-2)),
    ("json '{\"a\":[1,null]}'", "json", '{"a":[1,null]}'),
    (
        "uuid '12151fd2-7586-11e9-8f9e-2a86e4085a59'",
        "uuid",
        uuid.UUID("12151fd2-7586-11e9-8f9e-2a86e4085a59"),
    ),
    ("ipaddress '2001:db8::1'", "ipaddress", "2001:db8::1"),
    ("array[1, null]", "array(integer)", [1, None]),
    ("array[array[date '2020-01-01']]", "array(array(date))", [[date(2020, 1, 1)]]),
    ("map(array['k', ''], array[1, null])", "map(varchar(1), integer)", {"k": 1, "": None}),
    (
        "map(array[1.5], array[array[true]])",
        "map(decimal(2, 1), array(boolean))",
        {Decimal("1.5"): [True]},
    ),
    ("row(1, row('q', null))", "row(integer, row(varchar(1), unknown))", (1, ("q", None))),
    (
        "cast(row(1, 'x') as row(x integer, \"Y z\" varchar))",
        'row(x integer, "Y z" varchar)',
        (1, "x"),
    ),
    ("null", "unknown", None),
]


@check("values of every type")
def _():
    cursor = connect().cursor()
    cursor.execute("SELECT " + ", ".join(sql for sql, _, _ in VALUES))
    (row,) = cursor.fetchall()
    for (sql, type_name, expected), column, value in zip(VALUES, cursor.description, row):
        equal((sql, column[1], value), (sql, type_name, expected))


@check("NaN")
def _():
    ((value,),) = rows("SELECT nan()")
    equal(math.isnan(value), True)


@check("NULL of every type")
def _():
    nulls = ", ".join(f"if(false, {sql})" for sql, kind, _ in VALUES if kind != "unknown")
    equal(rows(f"SELECT {nulls}"), [[None] * (len(VALUES) - 1)])


@check("parameters of every kind")
def _():
    parameters = [
        1,
        2**62,
        1.5,
        "a'b",
        None,
        True,
        Decimal("1.10"),
        date(2020, 1, 1),
        time(1, 2, 3),
        datetime(2020, 1, 1, 1, 2, 3, 456),
        [1, 2],
        {"a": 1},
        uuid.UUID(int=5),
        b"\x00\xff",
    ]
    marks = ", ".join("?" for _ in parameters)
    equal(rows(f"SELECT {marks}", parameters), [parameters])


@check("parameters through PREPARE and EXECUTE")
def _():
    connection = connect(legacy_prepared_statements=True)
    sql = "SELECT name FROM nation WHERE nationkey = ? AND name <> ?"
    equal(rows(sql, (3, "x%y"), connection), [["CANADA"]])
    equal(rows(sql, (4, ""), connection), [["EGYPT"]])


@check("prepared statements live in the connection")
def _():
    connection = connect()
    rows("PREPARE p FROM SELECT name FROM nation WHERE nationkey = ?", connection=connection)
    equal(rows("EXECUTE p USING 3", connection=connection), [["CANADA"]])
    equal(error_of("EXECUTE p USING 3").error_name, "NOT_FOUND")


@check("errors have name, code, type and place")
def _():
    for sql, name, code, place in [
        ("SELECT nope", "COLUMN_NOT_FOUND", 47, (1, 8)),
        ("SELECT\n  1 +", "SYNTAX_ERROR", 1, (2, 6)),
        ("SELECT * FROM nope", "TABLE_NOT_FOUND", 46, (1, 15)),
    ]:
        error = error_of(sql)
        equal(type(error), TrinoUserError)
        equal((error.error_name, error.error_code, error.error_location), (name, code, place))
        equal(error.error_type, "USER_ERROR")
    equal(error_of("SELECT 1 / (nationkey - 7) FROM nation").error_name, "DIVISION_BY_ZERO")


@check("writes tell their type and count")
def _():
    connection = connect(catalog="memory", schema="default")
    cursor = connection.cursor()
    for sql, update_type, count in [
        ("CREATE TABLE p (x integer, y varchar)", "CREATE TABLE", -1),
        ("INSERT INTO p VALUES (1, 'a'), (2, null)", "INSERT", 2),
        ("UPDATE p SET y = 'b' WHERE x = 2", "UPDATE", 1),
        ("DELETE FROM p WHERE x = 1", "DELETE", 1),
    ]:
        cursor.execute(sql)
        cursor.fetchall()
        equal((cursor.update_type, cursor.rowcount), (update_type, count))
    cursor.executemany("INSERT INTO p VALUES (?, ?)", [(3, "c"), (4, None)])
    equal(rows("SELECT * FROM p ORDER BY x", None, connection), [[2, "b"], [3, "c"], [4, None]])
    rows("DROP TABLE p", None, connection)


@check("a transaction is committed, or rolled back when its block fails")
def _():
    options = {
        "catalog": "memory",
        "schema": "default",
        "isolation_level": IsolationLevel.READ_UNCOMMITTED,
    }
    with connect(**options) as connection:
        rows("CREATE TABLE t AS SELECT 1 AS x", None, connection)
    equal(rows("SELECT x FROM memory.default.t"), [[1]])
    with connect(**options) as connection:
        equal(rows("SELECT x FROM t", None, connection), [[1]])
        equal(error_of("SELECT nope FROM t", connection).error_name, "COLUMN_NOT_FOUND")
        error = error_of("SELECT x FROM t", connection)
        equal(error.error_name, "TRANSACTION_ALREADY_ABORTED")
        connection.rollback()
    rows("DROP TABLE memory.default.t")


@check("session properties, path of the session, time zone and user")
def _():
    connection = connect(
        timezone="Europe/Berlin",
        session_properties={"query_max_run_time": "2h"},
        client_tags=["a", "b"],
        source="checks",
    )
    session = "SELECT current_timezone(), current_user, current_catalog, current_schema"
    equal(rows(session, None, connection), [["Europe/Berlin", "python", "tpch", "tiny"]])
    shown = "SHOW SESSION LIKE 'query_max_run_time'"
    equal(rows(shown, None, connection)[0][:2], ["query_max_run_time", "2h"])
    rows("SET SESSION query_max_run_time = '3h'", None, connection)
    equal(rows(shown, None, connection)[0][:2], ["query_max_run_time", "3h"])
    rows("RESET SESSION query_max_run_time", None, connection)
    equal(rows(shown, None, connection)[0][:2], ["query_max_run_time", "100.00d"])
    rows("USE tpch.sf1", None, connection)
    equal(rows("SELECT count(*) FROM supplier", None, connection), [[10000]])
    rows("SET TIME ZONE 'Asia/Tokyo'", None, connection)
    equal(rows("SELECT current_timezone()", None, connection), [["Asia/Tokyo"]])
    ((source,),) = rows(
        "SELECT source FROM system.runtime.queries WHERE query LIKE '%Asia/Tokyo%' "
        "AND query NOT LIKE '%system.runtime%' LIMIT 1"
    )
    equal(source, "checks")


@check("roles: all and none can be set, others do not exist")
def _():
    for role in ["ALL", "NONE"]:
        equal(rows("SELECT current_user", None, connect(roles={"system": role})), [["python"]])
    error = error_of("SELECT 1", connect(roles={"system": "admin"}))
    equal(error.error_name, "PERMISSION_DENIED")


@check("cancelling ends the statement on the server")
def _():
    cursor = connect().cursor()
    cursor.execute("SELECT * FROM tpch.sf1.lineitem")
    equal(len(cursor.fetchone()), 16)
    cursor.cancel()
    state = (
        "SELECT state, error_code FROM system.runtime.queries "
        f"WHERE query_id = '{cursor.query_id}'"
    )
    for _ in range(100):
        found = rows(state)
        if found == [["FAILED", "USER_CANCELED"]]:
            return
        clock.sleep(0.1)
    raise AssertionError(f"still {found}")


@check("large results come whole")
def _():
    cursor = connect().cursor()
    cursor.execute("SELECT orderkey, linenumber, comment FROM lineitem")
    keys = {(row[0], row[1]) for row in cursor}
    equal(len(keys), 60175)


@check("a statement of which nothing is fetched for long is kept alive by heartbeats")
def _():
    cursor = connect(heartbeat_interval=0.05).cursor()
    cursor.execute("SELECT orderkey FROM lineitem")
    first = cursor.fetchone()
    clock.sleep(0.3)
    equal(1 + len(cursor.fetchall()), 60175)
    equal(len(first), 1)


@check("metadata of results, progress and warnings")
def _():
    cursor = connect().cursor()
    cursor.execute("SELECT nationkey AS k, name FROM nation ORDER BY 1")
    equal(cursor.fetchmany(1), [[0, "ALGERIA"]])
    equal(len(cursor.fetchall()), 24)
    columns = [("k", "bigint", None, None), ("name", "varchar(25)", None, 25)]
    equal([column[:4] for column in cursor.description], columns)
    equal(cursor.stats["state"], "FINISHED")
    equal(cursor.warnings, [])
    described = cursor.describe("SELECT name FROM nation WHERE nationkey = ?")
    equal([(d.name, d.table, d.type) for d in described], [("name", "nation", "varchar(25)")])


end()
