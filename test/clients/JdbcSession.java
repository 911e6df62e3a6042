import java.math.BigDecimal;
import java.sql.Array;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.Date;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A session of Trino's JDBC driver, with what DBeaver and Metabase ask it for, on the server at the port that is its argument. */
public class JdbcSession {
    interface Body {
        void run() throws Exception;
    }

    static int checks = 0;
    static String url;

    static void check(String name, Body body) {
        String error = null;
        try {
            body.run();
        } catch (Throwable thrown) {
            var text = new java.io.StringWriter();
            thrown.printStackTrace(new java.io.PrintWriter(text));
            error = text.toString();
        }
        checks++;
        System.out.println("{\"check\": " + json(name) + ", \"error\": " + json(error) + "}");
    }

    static String json(String text) {
        if (text == null) return "null";
        var out = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c < ' ' || c == '"' || c == '\\' || c > '~') out.append(String.format("\\u%04x", (int) c));
            else out.append(c);
        }
        return out.append('"').toString();
    }

    static void equal(Object actual, Object expected) {
        if (!Objects.deepEquals(actual, expected)) {
            throw new AssertionError("expected " + show(expected) + ", got " + show(actual));
        }
    }

    static String show(Object value) {
        String text = Arrays.deepToString(new Object[] {value});
        return text + (value == null ? "" : " of " + value.getClass().getSimpleName());
    }

    static Connection connect(String... properties) throws SQLException {
        var all = new Properties();
        all.setProperty("user", "java");
        for (int i = 0; i < properties.length; i += 2) all.setProperty(properties[i], properties[i + 1]);
        return DriverManager.getConnection(url, all);
    }

    static List<List<Object>> rows(ResultSet results) throws SQLException {
        var rows = new ArrayList<List<Object>>();
        int width = results.getMetaData().getColumnCount();
        while (results.next()) {
            var row = new ArrayList<Object>();
            for (int i = 1; i <= width; i++) row.add(results.getObject(i));
            rows.add(row);
        }
        return rows;
    }

    static List<List<Object>> rows(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            return rows(statement.executeQuery(sql));
        }
    }

    /** Values of one column of results, in order. */
    static List<Object> column(ResultSet results, String name) throws SQLException {
        var values = new ArrayList<Object>();
        while (results.next()) values.add(results.getObject(name));
        return values;
    }

    static SQLException errorOf(Body body) throws Exception {
        try {
            body.run();
        } catch (SQLException error) {
            return error;
        }
        throw new AssertionError("no error");
    }

    public static void main(String[] arguments) throws Exception {
        url = "jdbc:trino://127.0.0.1:" + arguments[0] + "/tpch/tiny";
        values();
        statements();
        metadata();
        System.out.println("{\"checks\": " + checks + "}");
    }

    record Expected(String sql, String type, int jdbcType, Object value) {}

    static final List<Expected> VALUES = List.of(
            new Expected("true", "boolean", Types.BOOLEAN, true),
            new Expected("tinyint '-128'", "tinyint", Types.TINYINT, (byte) -128),
            new Expected("smallint '32767'", "smallint", Types.SMALLINT, (short) 32767),
            new Expected("-2147483648", "integer", Types.INTEGER, Integer.MIN_VALUE),
            new Expected("9223372036854775807", "bigint", Types.BIGINT, Long.MAX_VALUE),
            new Expected("real '1.5'", "real", Types.REAL, 1.5f),
            new Expected("1e300", "double", Types.DOUBLE, 1e300),
            new Expected("nan()", "double", Types.DOUBLE, Double.NaN),
            new Expected("-infinity()", "double", Types.DOUBLE, Double.NEGATIVE_INFINITY),
            new Expected(
                    "decimal '12345678901234567890.123456789012345678'",
                    "decimal(38,18)",
                    Types.DECIMAL,
                    new BigDecimal("12345678901234567890.123456789012345678")),
            new Expected("'\u00e9\ud83d\ude00'", "varchar(2)", Types.VARCHAR, "\u00e9\ud83d\ude00"),
            new Expected("cast('ab' as char(4))", "char(4)", Types.CHAR, "ab  "),
            new Expected("x'00ff'", "varbinary", Types.VARBINARY, new byte[] {0, -1}),
            new Expected("date '2020-02-29'", "date", Types.DATE, Date.valueOf("2020-02-29")),
            new Expected("timestamp '2020-01-01 00:00:00.123456789'", "timestamp(9)", Types.TIMESTAMP, Timestamp.valueOf("2020-01-01 00:00:00.123456789")),
            new Expected(
                    "timestamp '2020-07-01 00:00:00.5 Europe/Berlin'",
                    "timestamp(1) with time zone",
                    Types.TIMESTAMP_WITH_TIMEZONE,
                    Timestamp.from(java.time.Instant.parse("2020-06-30T22:00:00.5Z"))),
            new Expected("json '{\"a\":[1,null]}'", "json", Types.JAVA_OBJECT, "{\"a\":[1,null]}"),
            new Expected("uuid '12151fd2-7586-11e9-8f9e-2a86e4085a59'", "uuid", Types.JAVA_OBJECT, "12151fd2-7586-11e9-8f9e-2a86e4085a59"),
            new Expected("ipaddress '10.0.0.1'", "ipaddress", Types.JAVA_OBJECT, "10.0.0.1"),
            new Expected("map(array['k'], array[array[1]])", "map(varchar(1),array(integer))", Types.JAVA_OBJECT, Map.of("k", List.of(1))),
            new Expected("null", "unknown", Types.NULL, null));

    static void values() {
        check("values of every type", () -> {
            try (var connection = connect(); var statement = connection.createStatement()) {
                var sql = new ArrayList<String>();
                for (var expected : VALUES) sql.add(expected.sql);
                var results = statement.executeQuery("SELECT " + String.join(", ", sql));
                equal(results.next(), true);
                var described = results.getMetaData();
                for (int i = 0; i < VALUES.size(); i++) {
                    var expected = VALUES.get(i);
                    equal(described.getColumnTypeName(i + 1), expected.type);
                    equal(described.getColumnType(i + 1), expected.jdbcType);
                    equal(results.getObject(i + 1), expected.value);
                }
                equal(results.next(), false);
            }
        });
        check("times, intervals, arrays and rows", () -> {
            try (var connection = connect(); var statement = connection.createStatement()) {
                var results = statement.executeQuery(
                        "SELECT time '10:00:00.123', time '10:00:00 +01:00', interval '1 02:03:04.567' day to second, "
                                + "interval '1-2' year to month, array[1, null], cast(row(1, 'x') as row(p integer, q varchar))");
                results.next();
                equal(results.getString(1), "10:00:00.123");
                equal(results.getString(2), "10:00:00+01:00");
                equal(results.getObject(3).toString(), "1 02:03:04.567");
                equal(results.getObject(4).toString(), "1-2");
                equal((Object[]) ((Array) results.getObject(5)).getArray(), new Object[] {1, null});
                equal(results.getObject(6).toString(), "{p=1, q=x}");
            }
        });
        check("NULL of every type", () -> {
            try (var connection = connect(); var statement = connection.createStatement()) {
                var sql = new ArrayList<String>();
                for (var expected : VALUES) sql.add("if(false, " + expected.sql + ")");
                var results = statement.executeQuery("SELECT " + String.join(", ", sql));
                results.next();
                for (int i = 1; i <= VALUES.size(); i++) {
                    equal(results.getObject(i), null);
                    equal(results.wasNull(), true);
                }
            }
        });
        for (String explicit : List.of("false", "true")) {
            check("parameters, explicitPrepare=" + explicit, () -> {
                try (var connection = connect("explicitPrepare", explicit);
                        var statement = connection.prepareStatement("SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?")) {
                    equal(statement.getParameterMetaData().getParameterCount(), 9);
                    statement.setInt(1, 1);
                    statement.setString(2, "a'b");
                    statement.setNull(3, Types.VARCHAR);
                    statement.setBigDecimal(4, new BigDecimal("1.10"));
                    statement.setDate(5, Date.valueOf("2020-01-01"));
                    statement.setTimestamp(6, Timestamp.valueOf("2020-01-01 00:00:00.123"));
                    statement.setBytes(7, new byte[] {0, -1});
                    statement.setBoolean(8, true);
                    statement.setLong(9, Long.MAX_VALUE);
                    var row = rows(statement.executeQuery()).get(0);
                    equal(row.toArray(), new Object[] {
                        1, "a'b", null, new BigDecimal("1.10"), Date.valueOf("2020-01-01"),
                        Timestamp.valueOf("2020-01-01 00:00:00.123"), new byte[] {0, -1}, true, Long.MAX_VALUE
                    });
                }
            });
        }
    }

    static void statements() {
        check("a prepared statement tells its columns and runs again", () -> {
            try (var connection = connect();
                    var statement = connection.prepareStatement(
                            "SELECT name, nationkey FROM nation WHERE nationkey BETWEEN ? AND ? ORDER BY 2")) {
                equal(statement.getMetaData().getColumnName(1), "name");
                equal(statement.getMetaData().getColumnTypeName(2), "bigint");
                statement.setLong(1, 2);
                statement.setLong(2, 3);
                equal(rows(statement.executeQuery()), List.of(List.of("BRAZIL", 2L), List.of("CANADA", 3L)));
                statement.setLong(1, 3);
                equal(rows(statement.executeQuery()), List.of(List.of("CANADA", 3L)));
            }
        });
        check("errors have code and message with their place", () -> {
            try (var connection = connect()) {
                var unknown = errorOf(() -> rows(connection, "SELECT nope"));
                equal(unknown.getErrorCode(), 47);
                equal(unknown.getMessage().endsWith("line 1:8: Column 'nope' cannot be resolved"), true);
                equal(errorOf(() -> rows(connection, "SELECT\n 1 +")).getErrorCode(), 1);
                equal(errorOf(() -> rows(connection, "SELECT 1 / (nationkey - 7) FROM nation")).getErrorCode(), 8);
                equal(errorOf(() -> rows(connection, "SELECT * FROM nope")).getErrorCode(), 46);
            }
        });
        check("writes give counts, in batches too", () -> {
            try (var connection = connect(); var statement = connection.createStatement()) {
                connection.setCatalog("memory");
                connection.setSchema("default");
                equal(statement.executeUpdate("CREATE TABLE j (x integer, y varchar)"), 0);
                equal(statement.executeUpdate("INSERT INTO j VALUES (1, 'a'), (2, null)"), 2);
                equal(statement.executeUpdate("DELETE FROM j WHERE x = 1"), 1);
                try (var insert = connection.prepareStatement("INSERT INTO j VALUES (?, ?)")) {
                    for (int i = 10; i < 13; i++) {
                        insert.setInt(1, i);
                        insert.setString(2, "r" + i);
                        insert.addBatch();
                    }
                    equal(insert.executeBatch(), new int[] {1, 1, 1});
                }
                equal(rows(connection, "SELECT count(*), sum(x) FROM j"), List.of(List.of(4L, 35L)));
                statement.executeUpdate("DROP TABLE j");
            }
        });
        check("transactions are committed and rolled back", () -> {
            try (var connection = connect(); var statement = connection.createStatement()) {
                connection.setAutoCommit(false);
                statement.executeUpdate("CREATE TABLE memory.default.kept AS SELECT 1 AS x");
                connection.commit();
                equal(rows(connection, "SELECT x FROM memory.default.kept"), List.of(List.of(1)));
                equal(errorOf(() -> rows(connection, "SELECT nope")).getErrorCode(), 47);
                equal(errorOf(() -> rows(connection, "SELECT 1")).getErrorCode(), 22);
                connection.rollback();
                connection.setAutoCommit(true);
                statement.executeUpdate("DROP TABLE memory.default.kept");
            }
        });
        check("the session: catalog, schema, properties, zone, client info", () -> {
            try (var connection = connect(
                            "sessionProperties", "query_max_run_time:2h", "timezone", "Europe/Berlin",
                            "clientTags", "x,y", "clientInfo", "info", "source", "checks");
                    var statement = connection.createStatement()) {
                equal(connection.isValid(5), true);
                equal(List.of(connection.getCatalog(), connection.getSchema()), List.of("tpch", "tiny"));
                equal(rows(connection, "SELECT current_timezone(), current_user"), List.of(List.of("Europe/Berlin", "java")));
                equal(rows(connection, "SHOW SESSION LIKE 'query_max_run_time'").get(0).get(1), "2h");
                statement.execute("SET SESSION query_max_run_time = '3h'");
                equal(rows(connection, "SHOW SESSION LIKE 'query_max_run_time'").get(0).get(1), "3h");
                statement.execute("USE tpch.sf1");
                equal(connection.getSchema(), "sf1");
                equal(rows(connection, "SELECT count(*) FROM supplier"), List.of(List.of(10000L)));
            }
        });
        check("a statement is cancelled from another thread", () -> {
            try (var connection = connect(); var statement = connection.createStatement()) {
                var results = statement.executeQuery("SELECT * FROM tpch.sf1.lineitem");
                equal(results.next(), true);
                String id = results.unwrap(io.trino.jdbc.TrinoResultSet.class).getQueryId();
                CompletableFuture.runAsync(() -> {
                    try {
                        statement.cancel();
                    } catch (SQLException error) {
                        throw new AssertionError(error);
                    }
                }).get(10, TimeUnit.SECONDS);
                errorOf(() -> {
                    while (results.next()) {}
                });
                var state = "SELECT state, error_code FROM system.runtime.queries WHERE query_id = '" + id + "'";
                var ended = List.of(List.<Object>of("FAILED", "USER_CANCELED"));
                for (int i = 0; i < 100 && !rows(connection, state).equals(ended); i++) Thread.sleep(100);
                equal(rows(connection, state), ended);
            }
        });
        check("time limits, row limits and large results", () -> {
            try (var connection = connect(); var statement = connection.createStatement()) {
                statement.setQueryTimeout(1);
                var error = errorOf(() -> rows(statement.executeQuery(
                        "SELECT count(*) FROM tpch.sf100.lineitem a, tpch.sf100.lineitem b WHERE a.comment < b.comment")));
                equal(error.getErrorCode(), 131075);
                try (var limited = connection.createStatement()) {
                    limited.setMaxRows(7);
                    equal(rows(limited.executeQuery("SELECT orderkey FROM orders")).size(), 7);
                }
                equal(rows(connection, "SELECT orderkey, comment, extendedprice FROM lineitem").size(), 60175);
            }
        });
        check("progress and warnings", () -> {
            try (var connection = connect(); var statement = connection.createStatement()) {
                var states = new ArrayList<String>();
                statement.unwrap(io.trino.jdbc.TrinoStatement.class)
                        .setProgressMonitor(stats -> states.add(stats.getState()));
                rows(statement.executeQuery("SELECT * FROM nation ORDER BY 1"));
                equal(states.get(states.size() - 1), "FINISHED");
                equal(statement.getWarnings(), null);
            }
        });
    }

    /** @source DBeaver's plugins ext.trino (TrinoMetaModel, TrinoDataSource) and ext.generic */
    static void dbeaver() throws Exception {
        try (var connection = connect("applicationNamePrefix", "DBeaver"); var statement = connection.createStatement()) {
            connection.setClientInfo("ApplicationName", "DBeaver - Main");
            equal(connection.getCatalog() + "." + connection.getSchema(), "tpch.tiny");
            connection.setCatalog("memory");
            connection.setSchema("default");
            statement.executeUpdate("CREATE TABLE edited (id bigint, name varchar, price decimal(10,2))");
            statement.executeUpdate("CREATE VIEW watched AS SELECT id, name FROM edited");

            var metadata = connection.getMetaData();
            equal(column(metadata.getSchemas("memory", null), "TABLE_SCHEM"), List.of("default", "information_schema"));
            equal(column(metadata.getColumns("memory", "default", "edited", "%"), "COLUMN_NAME"), List.of("id", "name", "price"));

            var texts = Map.of(
                    "SHOW CREATE TABLE \"memory\".\"default\".\"edited\"",
                    "CREATE TABLE memory.default.edited (\n   id bigint,\n   name varchar,\n   price decimal(10, 2)\n)",
                    "SHOW CREATE VIEW memory.default.watched",
                    "CREATE VIEW memory.default.watched SECURITY DEFINER AS\nSELECT\n  id\n, name\nFROM\n  edited");
            for (var text : texts.entrySet()) {
                try (var prepared = connection.prepareStatement(text.getKey())) {
                    equal(rows(prepared.executeQuery()), List.of(List.of(text.getValue())));
                }
            }

            try (var insert = connection.prepareStatement("INSERT INTO memory.\"default\".edited\n(id, name, price)\nVALUES(?, ?, ?)")) {
                insert.setLong(1, 7);
                insert.setString(2, "it's");
                insert.setBigDecimal(3, new BigDecimal("1.25"));
                equal(insert.executeUpdate(), 1);
                insert.setLong(1, 8);
                insert.setNull(2, Types.VARCHAR);
                equal(insert.executeUpdate(), 1);
            }
            var update = "UPDATE memory.\"default\".edited\nSET name=?\nWHERE id=? AND name=? AND price=?";
            try (var prepared = connection.prepareStatement(update)) {
                prepared.setString(1, "new");
                prepared.setLong(2, 7);
                prepared.setString(3, "it's");
                prepared.setBigDecimal(4, new BigDecimal("1.25"));
                equal(prepared.executeUpdate(), 1);
            }
            try (var delete = connection.prepareStatement("DELETE FROM memory.\"default\".edited\nWHERE id=? AND name IS NULL")) {
                delete.setLong(1, 8);
                equal(delete.executeUpdate(), 1);
            }
            List<Object> left = List.of(7L, "new", new BigDecimal("1.25"));
            statement.setMaxRows(200);
            statement.setFetchSize(200);
            equal(rows(statement.executeQuery("SELECT * FROM edited edited\nWHERE id>0\nORDER BY name DESC\nLIMIT 200")), List.of(left));
            equal(rows(statement.executeQuery("SELECT COUNT(*) FROM (\nSELECT * FROM edited\n) dbvrcnt")), List.of(List.of(1L)));

            connection.setAutoCommit(false);
            equal(rows(statement.executeQuery("SELECT count(*) FROM edited")), List.of(List.of(1L)));
            connection.rollback();
            connection.setAutoCommit(true);
            statement.execute("DROP VIEW memory.\"default\".watched");
            statement.execute("DROP TABLE memory.\"default\".edited");
        }
    }

    static void metadata() {
        check("the product", () -> {
            try (var connection = connect()) {
                var metadata = connection.getMetaData();
                equal(metadata.getDatabaseProductName(), "Trino");
                equal(metadata.getDatabaseProductVersion(), rows(connection, "SELECT version()").get(0).get(0));
                equal(metadata.getUserName(), "java");
            }
        });
        check("catalogs, schemas, table types and tables", () -> {
            try (var connection = connect()) {
                var metadata = connection.getMetaData();
                equal(column(metadata.getCatalogs(), "TABLE_CAT").containsAll(Set.of("memory", "system", "tpch")), true);
                equal(column(metadata.getSchemas("tpch", "t%"), "TABLE_SCHEM"), List.of("tiny"));
                equal(column(metadata.getSchemas("system", null), "TABLE_SCHEM"), List.of("information_schema", "jdbc", "metadata", "runtime"));
                equal(column(metadata.getTableTypes(), "TABLE_TYPE"), List.of("TABLE", "VIEW"));
                equal(
                        column(metadata.getTables("tpch", "tiny", "%", null), "TABLE_NAME"),
                        List.of("customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier"));
                equal(column(metadata.getTables("tpch", "tiny", "part%", new String[] {"TABLE"}), "TABLE_NAME"), List.of("part", "partsupp"));
                equal(column(metadata.getTables("tpch", "tiny", null, new String[] {"VIEW"}), "TABLE_NAME"), List.of());
                equal(column(metadata.getTables("tpch", "information\\_schema", "t%", null), "TABLE_NAME"), List.of("table_privileges", "tables"));
            }
        });
        check("columns of every type", JdbcSession::columns);
        check("keys, types and the rest that tools ask for", () -> {
            try (var connection = connect()) {
                var metadata = connection.getMetaData();
                for (var none : List.of(
                        metadata.getPrimaryKeys("tpch", "tiny", "nation"),
                        metadata.getImportedKeys("tpch", "tiny", "nation"),
                        metadata.getUDTs(null, null, "%", null),
                        metadata.getProcedures(null, null, "%"),
                        metadata.getProcedureColumns(null, null, "%", "%"),
                        metadata.getAttributes(null, null, "%", "%"),
                        metadata.getSuperTypes(null, null, "%"),
                        metadata.getSuperTables(null, null, "%"),
                        metadata.getPseudoColumns(null, null, "%", "%"))) {
                    equal(rows(none), List.of());
                }
                var types = column(metadata.getTypeInfo(), "TYPE_NAME");
                equal(types.containsAll(Set.of("bigint", "varchar", "decimal", "timestamp with time zone", "map")), true);
            }
        });
        check("what DBeaver sends: a tree that is opened, text of objects, a page of data, rows that are edited", JdbcSession::dbeaver);
        check("what Metabase asks of a server answers", () -> {
            try (var connection = connect()) {
                equal(rows(connection, "SHOW SCHEMAS FROM \"tpch\" LIKE 'tiny'"), List.of(List.of("tiny")));
                equal(rows(connection, "SHOW TABLES FROM \"tpch\".\"tiny\"").size(), 8);
                equal(rows(connection, "DESCRIBE \"tpch\".\"tiny\".\"region\"").get(1).subList(0, 2), List.of("name", "varchar(25)"));
                equal(rows(connection, "SELECT TRUE AS \"_\" FROM \"tpch\".\"tiny\".\"nation\" WHERE 1 <> 1 LIMIT 0"), List.of());
                equal(rows(connection, "SHOW CATALOGS").size() >= 3, true);
            }
        });
    }

    static void columns() throws Exception {
        try (var connection = connect(); var statement = connection.createStatement()) {
            statement.executeUpdate(
                    "CREATE TABLE memory.default.browsed (b boolean NOT NULL, i integer COMMENT 'whole', d decimal(10, 2), "
                            + "v varchar(7), u varchar, s timestamp(6), z timestamp(3) with time zone, a array(integer))");
            statement.executeUpdate("CREATE VIEW memory.default.glimpse AS SELECT i FROM memory.default.browsed");
            DatabaseMetaData metadata = connection.getMetaData();
            var found = new TreeMap<String, List<Object>>();
            var results = metadata.getColumns("memory", "default", "browsed", "%");
            while (results.next()) {
                found.put(
                        results.getInt("ORDINAL_POSITION") + " " + results.getString("COLUMN_NAME"),
                        Arrays.asList(
                                results.getInt("DATA_TYPE"), results.getString("TYPE_NAME"), results.getObject("COLUMN_SIZE"),
                                results.getObject("DECIMAL_DIGITS"), results.getString("IS_NULLABLE"), results.getString("REMARKS")));
            }
            var expected = new TreeMap<String, List<Object>>();
            expected.put("1 b", Arrays.asList(Types.BOOLEAN, "boolean", null, null, "NO", null));
            expected.put("2 i", Arrays.asList(Types.INTEGER, "integer", 10L, null, "YES", "whole"));
            expected.put("3 d", Arrays.asList(Types.DECIMAL, "decimal(10,2)", 10L, 2L, "YES", null));
            expected.put("4 v", Arrays.asList(Types.VARCHAR, "varchar(7)", 7L, null, "YES", null));
            expected.put("5 u", Arrays.asList(Types.VARCHAR, "varchar", 2147483647L, null, "YES", null));
            expected.put("6 s", Arrays.asList(Types.TIMESTAMP, "timestamp(6)", 28L, 6L, "YES", null));
            expected.put("7 z", Arrays.asList(Types.TIMESTAMP_WITH_TIMEZONE, "timestamp(3) with time zone", 59L, 3L, "YES", null));
            expected.put("8 a", Arrays.asList(Types.ARRAY, "array(integer)", null, null, "YES", null));
            equal(found, expected);
            equal(column(metadata.getTables("memory", null, "%", new String[] {"VIEW"}), "TABLE_NAME"), List.of("glimpse"));
            equal(rows(connection, "SHOW CREATE VIEW memory.default.glimpse").size(), 1);
        }
    }
}
