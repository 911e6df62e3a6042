"""A session of SQLAlchemy with the trino dialect, as Superset uses it, on the server at the port that is its argument."""

import sys
from datetime import date
from decimal import Decimal

from checks import check, end, equal
from sqlalchemy import (
    Column,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    func,
    inspect,
    select,
    text,
)
from sqlalchemy.exc import NoSuchTableError, ProgrammingError

PORT = int(sys.argv[1])


def engine_of(path):
    return create_engine(f"trino://alchemist@127.0.0.1:{PORT}/{path}")


TPCH = engine_of("tpch/tiny")
MEMORY = engine_of("memory/default")


def expect(kind, body):
    try:
        body()
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__}")


@check("the version of the server, of the dialect")
def _():
    with TPCH.connect() as connection:
        (version,) = TPCH.dialect.server_version_info or (None,)
        equal(version, connection.execute(text("SELECT version()")).scalar())


@check("catalogs, schemas, tables and views")
def _():
    inspector = inspect(TPCH)
    with TPCH.connect() as connection:
        catalogs = TPCH.dialect.get_catalog_names(connection)
        equal({"memory", "system", "tpch"} <= set(catalogs), True)
    equal({"tiny", "sf1", "information_schema"} <= set(inspector.get_schema_names()), True)
    names = ["customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier"]
    equal(sorted(inspector.get_table_names()), names)
    equal(sorted(inspector.get_table_names("sf1")), names)
    equal(inspector.get_view_names("tiny"), [])
    equal(inspector.has_table("nation"), True)
    equal(inspector.has_table("nope"), False)


@check("columns of every type, comments and views of a writable catalog")
def _():
    with MEMORY.connect() as connection:
        connection.execute(
            text(
                "CREATE TABLE described (b boolean COMMENT 'yes or no', i integer NOT NULL, "
                "l bigint, r real, d double, e decimal(10, 2), v varchar, w varchar(7), c char(3), "
                "x varbinary, t date, h time(3), s timestamp(6), z timestamp(3) with time zone, "
                "j json, u uuid, a array(integer), m map(varchar, double), "
                "o row(p bigint, q varchar)) COMMENT 'of all kinds'"
            )
        )
        connection.execute(text("CREATE VIEW seen AS SELECT i, v FROM described"))
    inspector = inspect(MEMORY)
    columns = {column["name"]: column for column in inspector.get_columns("described")}
    types = {
        "b": "BOOLEAN",
        "i": "INTEGER",
        "l": "BIGINT",
        "r": "REAL",
        "d": "DOUBLE",
        "e": "DECIMAL(10, 2)",
        "v": "VARCHAR",
        "w": "VARCHAR(7)",
        "c": "CHAR(3)",
        "x": "VARBINARY",
        "t": "DATE",
        "h": "TIME(3)",
        "s": "TIMESTAMP(6)",
        "z": "TIMESTAMP(3) WITH TIME ZONE",
        "j": "JSON",
        "a": "ARRAY(INTEGER)",
        "m": "MAP(VARCHAR, DOUBLE)",
        "o": "ROW(p BIGINT, q VARCHAR)",
    }
    for name, expected in types.items():
        equal((name, columns[name]["type"].compile(MEMORY.dialect)), (name, expected))
    equal([columns[name]["nullable"] for name in ("b", "i")], [True, False])
    equal([columns[name]["comment"] for name in ("b", "i")], ["yes or no", None])
    equal(inspector.get_table_comment("described"), {"text": "of all kinds"})
    equal(inspector.get_table_names(), ["described"])
    equal(inspector.get_view_names(), ["seen"])
    equal("described" in inspector.get_view_definition("seen"), True)
    expect(NoSuchTableError, lambda: inspector.get_columns("nope"))


@check("keys and indexes there are none")
def _():
    inspector = inspect(TPCH)
    equal(inspector.get_pk_constraint("nation")["constrained_columns"], [])
    equal(inspector.get_foreign_keys("nation"), [])
    equal(inspector.get_indexes("nation"), [])
    equal(inspector.get_unique_constraints("nation"), [])
    equal(inspector.get_check_constraints("nation"), [])


@check("reflected tables are queried")
def _():
    metadata = MetaData()
    orders = Table("orders", metadata, autoload_with=TPCH)
    query = (
        select(orders.c.orderstatus, func.count(), func.max(orders.c.orderdate))
        .where(orders.c.orderkey <= 100)
        .group_by(orders.c.orderstatus)
        .order_by(orders.c.orderstatus)
    )
    with TPCH.connect() as connection:
        equal(
            [tuple(row) for row in connection.execute(query)],
            [
                ("F", 13, date(1994, 9, 25)),
                ("O", 14, date(1998, 7, 21)),
                ("P", 1, date(1995, 3, 18)),
            ],
        )


@check("tables are made, filled with parameters, read and dropped")
def _():
    metadata = MetaData()
    table = Table("made", metadata, Column("id", Integer), Column("name", String(20)))
    metadata.create_all(MEMORY)
    with MEMORY.connect() as connection:
        connection.execute(table.insert(), [{"id": 1, "name": "it's"}, {"id": 2, "name": None}])
        found = connection.execute(select(table).order_by(table.c.id)).fetchall()
        equal([tuple(row) for row in found], [(1, "it's"), (2, None)])
        named = text("SELECT name FROM made WHERE id = :id")
        equal(connection.execute(named, {"id": 1}).scalar(), "it's")
        literal = text("SELECT CAST(:amount AS decimal(5, 2))")
        equal(connection.execute(literal, {"amount": Decimal("1.25")}).scalar(), Decimal("1.25"))
    metadata.drop_all(MEMORY)
    equal(inspect(MEMORY).has_table("made"), False)


@check("errors carry the server's")
def _():
    with TPCH.connect() as connection:
        error = expect(ProgrammingError, lambda: connection.execute(text("SELECT nope")))
        equal(error.orig.error_name, "COLUMN_NOT_FOUND")
        equal(error.orig.error_location, (1, 8))


@check("what Superset asks of a server answers")
def _():
    with TPCH.connect() as connection:
        functions = connection.execute(text("SHOW FUNCTIONS")).fetchall()
        equal({"abs", "count", "date_trunc"} <= {row[0] for row in functions}, True)
        plan = connection.execute(text("EXPLAIN SELECT count(*) FROM nation")).scalar()
        equal("nation" in plan, True)
        columns = connection.execute(text("SHOW COLUMNS FROM nation")).fetchall()
        equal(columns[0][:2], ("nationkey", "bigint"))
        created = connection.execute(text("SHOW CREATE VIEW memory.default.seen")).scalar()
        equal(created.startswith("CREATE VIEW memory.default.seen"), True)
        sample = connection.execute(text('SELECT * FROM "tpch"."tiny"."nation" LIMIT 100'))
        equal(len(sample.fetchall()), 25)
        month = "date_trunc('month', CAST(orderdate AS TIMESTAMP))"
        sampled = connection.execute(text(f"SELECT {month} AS m FROM orders LIMIT 1"))
        equal(sampled.scalar().day, 1)


end()
