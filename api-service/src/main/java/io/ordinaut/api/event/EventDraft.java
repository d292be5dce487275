package io.ordinaut.api.event;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.failure.InvalidInputException;
import io.ordinaut.failure.Violations;
import io.ordinaut.json.Json;
import io.ordinaut.json.JsonFields;
import io.ordinaut.json.Storable;
import io.ordinaut.schedule.Topic;
import org.jspecify.annotations.Nullable;

/**
 * An event that has been checked but not yet stored.
 *
 * @param topic what it is about
 * @param payload a JSON object
 * @param source who says so, null when nobody was named
 * @param dedupeId under which it counts only once, null when it always counts
 */
record EventDraft(
    String topic, JsonNode payload, @Nullable String source, @Nullable String dedupeId) {
  private static final int LONGEST_NAME = 200;

  /**
   * Reads and checks the JSON of an event.
   *
   * @throws InvalidInputException with all that is wrong
   */
  static EventDraft parse(JsonNode body) {
    Violations violations = new Violations();
    JsonFields fields = new JsonFields(body, "", violations);
    String topic = fields.required("topic", Topic.MAX_LENGTH);
    String fault = topic.isEmpty() ? null : Topic.faultOfName(topic);
    if (fault != null) {
      fields.fault("topic", fault);
    }
    JsonNode payload = fields.node("payload");
    if (payload == null) {
      payload = Json.object();
    } else if (!payload.isObject()) {
      fields.fault("payload", "must be a JSON object.");
    }
    Storable.check(payload, "payload", violations);
    EventDraft draft =
        new EventDraft(topic, payload, name(fields, "source"), name(fields, "dedupe_id"));
    fields.refuseUnknown();
    violations.throwIfAny();
    return draft;
  }

  private static @Nullable String name(JsonFields fields, String field) {
    return fields.node(field) == null ? null : fields.text(field, "", 1, LONGEST_NAME);
  }
}
