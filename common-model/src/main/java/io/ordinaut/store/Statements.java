package io.ordinaut.store;

import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Runs statements and awaits them. Each call has a deadline. */
public interface Statements {
  /**
   * Runs a statement and maps its rows.
   *
   * @throws DbException when the database refuses or does not answer in time
   */
  <T> List<T> query(String sql, Tuple arguments, Function<Row, T> map);

  /**
   * Runs a statement for the number of rows that it changed.
   *
   * @throws DbException when the database refuses or does not answer in time
   */
  int execute(String sql, Tuple arguments);

  /** Runs a statement once for each of many arguments, sent together. */
  void executeBatch(String sql, List<Tuple> arguments);

  /** Runs a statement for its first row. */
  default <T> Optional<T> first(String sql, Tuple arguments, Function<Row, T> map) {
    return query(sql, arguments, map).stream().findFirst();
  }
}
