package io.ordinaut.tests.chaos;

import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/** The harness's own way to the database, which outlives whatever happens to the database. */
final class Records {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Servers servers;

  Records(Servers servers) {
    this.servers = servers;
  }

  /** Rows as texts. Asked again until the database answers. */
  List<List<String>> query(String sql, Object... arguments) {
    AtomicReference<List<List<String>>> rows = new AtomicReference<>();
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .until(() -> answered(rows, sql, arguments));
    return rows.get();
  }

  private boolean answered(
      AtomicReference<List<List<String>>> rows, String sql, Object... arguments) {
    try {
      rows.set(once(sql, arguments));
      return true;
    } catch (SQLException e) {
      if (isFault(e)) {
        throw new AssertionError(sql, e);
      }
      return false;
    }
  }

  /** Whether it is the statement's fault, and not that of a server that comes or goes. */
  private static boolean isFault(SQLException e) {
    String state = e.getSQLState() == null ? "08000" : e.getSQLState();
    return !state.startsWith("08") && !state.startsWith("57P") && !state.startsWith("40");
  }

  /** The same, tried once; a statement that fails may have been committed. */
  List<List<String>> once(String sql, Object... arguments) throws SQLException {
    try (Connection connection = servers.connect();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < arguments.length; i++) {
        statement.setObject(i + 1, arguments[i]);
      }
      List<List<String>> rows = new ArrayList<>();
      if (statement.execute()) {
        try (ResultSet result = statement.getResultSet()) {
          int columns = result.getMetaData().getColumnCount();
          while (result.next()) {
            List<String> row = new ArrayList<>();
            for (int i = 1; i <= columns; i++) {
              row.add(result.getString(i));
            }
            rows.add(row);
          }
        }
      }
      return rows;
    }
  }

  /** One number. */
  long count(String sql, Object... arguments) {
    return Long.parseLong(query(sql, arguments).get(0).get(0));
  }
}
