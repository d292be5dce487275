package io.ordinaut.api.schedule;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.json.Json;
import io.ordinaut.schedule.Preview;
import io.ordinaut.schedule.Preview.NonFiring;
import io.ordinaut.schedule.Preview.Occurrence;
import io.ordinaut.schedule.TzData;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Previews as JSON. */
final class PreviewJson {
  private static final DateTimeFormatter OFFSET = DateTimeFormatter.ofPattern("xxx", Locale.ROOT);

  private PreviewJson() {}

  /**
   * Writes a preview.
   *
   * @param explain whether it tells non-firings
   */
  static String write(Preview preview, boolean explain) {
    ObjectNode answer = Json.object().put("description", preview.description());
    var occurrences = answer.putArray("occurrences");
    for (Occurrence occurrence : preview.occurrences()) {
      var notes =
          occurrences
              .addObject()
              .put("at", occurrence.at().toString())
              .put("local", local(occurrence.local()))
              .put("offset", offset(occurrence.offset()))
              .putArray("notes");
      occurrence.notes().forEach(notes::add);
    }
    if (explain) {
      var nonFirings = answer.putArray("non_firings");
      preview.nonFirings().forEach(nonFiring -> write(nonFiring, nonFirings.addObject()));
    }
    var warnings = answer.putArray("warnings");
    preview.warnings().forEach(warnings::add);
    return Json.write(answer.put("tzdata", TzData.version()));
  }

  private static void write(NonFiring nonFiring, ObjectNode into) {
    into.put("at", nonFiring.at() == null ? null : nonFiring.at().toString());
    into.put("local", local(nonFiring.local()));
    into.put("offset", nonFiring.offset() == null ? null : offset(nonFiring.offset()));
    into.put("reason", nonFiring.reason());
  }

  private static String local(LocalDateTime time) {
    return DateTimeFormatter.ISO_LOCAL_DATE_TIME.format(time);
  }

  private static String offset(ZoneOffset offset) {
    return offset.getTotalSeconds() % 60 == 0 ? OFFSET.format(offset) : offset.getId();
  }
}
