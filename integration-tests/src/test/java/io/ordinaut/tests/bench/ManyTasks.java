package io.ordinaut.tests.bench;

import io.ordinaut.tests.utils.Harness;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.OffsetDateTime;

/** Tasks by the million: a third each cron, rrule and once, anchored at seconds of their own. */
final class ManyTasks {
  private static final String INSERT =
      """
      INSERT INTO task (id, title, schedule_kind, schedule_expr, timezone, schedule_anchor, payload,
        next_run)
      SELECT md5(i::text)::uuid, 'Task ' || i, (ARRAY['cron', 'rrule', 'once'])[1 + i % 3],
        CASE i % 3
          WHEN 0 THEN abs(hashint4(i) % 12) * 5 || ' ' || abs(hashint4(-i) % 24) || ' * * *'
          WHEN 1 THEN 'FREQ=DAILY;BYHOUR=' || abs(hashint4(i) % 24)
          ELSE '2100-01-01T00:00:00Z' END,
        'Europe/Berlin', date_trunc('second', now()) - i * interval '1 second',
        '{"pipeline": [{"id": "echo", "uses": "echo-tool", "with": {"message": "hello"}}]}',
        ?::timestamptz + (i - ?) * ? * interval '1 microsecond'
      FROM generate_series(?, ?) i""";

  private ManyTasks() {}

  /** Inserts tasks with the numbers given, the first due at a time, the others further on. */
  static void insert(Harness db, int from, int count, OffsetDateTime due, long microsApart) {
    try (Connection connection = connect(db);
        PreparedStatement insert = connection.prepareStatement(INSERT)) {
      insert.setObject(1, due);
      insert.setInt(2, from);
      insert.setLong(3, microsApart);
      insert.setInt(4, from);
      insert.setInt(5, from + count - 1);
      insert.executeUpdate();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Cleans up and gathers statistics, which autovacuum would do while others measure. */
  static void vacuum(Harness db) {
    try (Connection connection = connect(db);
        Statement statement = connection.createStatement()) {
      statement.execute("VACUUM ANALYZE task");
      statement.execute("VACUUM ANALYZE due_work_open");
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A connection without the limits that services have. */
  static Connection connect(Harness db) throws SQLException {
    String url = db.databaseUrl();
    int at = url.indexOf('@');
    String[] user = url.substring("postgresql://".length(), at).split(":");
    return DriverManager.getConnection(
        "jdbc:postgresql://" + url.substring(at + 1), user[0], user[1]);
  }
}
