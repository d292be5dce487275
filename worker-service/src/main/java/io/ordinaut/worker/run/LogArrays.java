package io.ordinaut.worker.run;

import io.ordinaut.store.Columns;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Log entries as the arrays that {@code unnest} turns back into rows. */
final class LogArrays {
  private LogArrays() {}

  /** Appends twelve arrays, in the order of the columns run_id … finished_at. */
  static void append(Tuple arguments, List<LogEntry> entries) {
    arguments
        .addArrayOfUUID(column(entries, LogEntry::runId, UUID[]::new))
        .addArrayOfString(column(entries, e -> e.kind().stored(), String[]::new))
        .addArrayOfString(column(entries, e -> e.step().stepId(), String[]::new))
        .addArrayOfInteger(column(entries, e -> e.step().item(), Integer[]::new))
        .addArrayOfInteger(column(entries, e -> e.step().attempt(), Integer[]::new))
        .addArrayOfString(column(entries, LogEntry::status, String[]::new))
        .addArrayOfString(column(entries, LogEntry::input, String[]::new))
        .addArrayOfString(column(entries, LogEntry::output, String[]::new))
        .addArrayOfString(column(entries, LogEntry::errorCode, String[]::new))
        .addArrayOfString(column(entries, LogEntry::error, String[]::new))
        .addArrayOfOffsetDateTime(
            column(entries, e -> Columns.argument(e.step().startedAt()), OffsetDateTime[]::new))
        .addArrayOfOffsetDateTime(
            column(entries, e -> Columns.argument(e.step().finishedAt()), OffsetDateTime[]::new));
  }

  private static <T> T[] column(
      List<LogEntry> entries,
      Function<LogEntry, ? extends @Nullable T> value,
      IntFunction<T[]> array) {
    return entries.stream().map(value).toArray(array);
  }
}
