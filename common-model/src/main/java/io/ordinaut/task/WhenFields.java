package io.ordinaut.task;

import io.ordinaut.json.JsonFields;
import io.ordinaut.schedule.DstGap;
import io.ordinaut.schedule.DstOverlap;
import io.ordinaut.schedule.DstPolicy;
import io.ordinaut.schedule.ScheduleKind;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/**
 * The fields that say when something happens, as a task and a preview have them.
 *
 * @param kind null when it is missing or none, which is then noted as a fault
 * @param expression empty when it is missing, which is then noted as a fault
 * @param zone for local times
 * @param dst what becomes of local times that a change of the clocks touches
 */
public record WhenFields(
    @Nullable ScheduleKind kind, String expression, ZoneId zone, DstPolicy dst) {
  /** Reads them, noting every fault. */
  public static WhenFields read(JsonFields fields) {
    ScheduleKind kind = fields.choice("schedule_kind", ScheduleKind.class);
    if (fields.node("schedule_kind") == null) {
      fields.fault("schedule_kind", "is required.");
    }
    String expression = fields.required("schedule_expr", 10_000);
    ZoneId zone = zone(fields);
    DstPolicy dst =
        new DstPolicy(
            fields.choice("dst_gap", DstGap.SHIFT), fields.choice("dst_overlap", DstOverlap.FIRST));
    if (kind == ScheduleKind.ONCE && dst.overlap() == DstOverlap.BOTH) {
      fields.fault("dst_overlap", "must be first or last for a one-time task.");
    }
    return new WhenFields(kind, expression, zone, dst);
  }

  private static ZoneId zone(JsonFields fields) {
    String name = fields.text("timezone", "UTC", 1, 100);
    try {
      return ZoneId.of(name);
    } catch (DateTimeException e) {
      fields.fault(
          "timezone", "is not a known time zone; use an IANA name such as Europe/Chisinau.");
      return ZoneOffset.UTC;
    }
  }
}
