package io.ordinaut.worker.run;

import java.util.LinkedHashMap;
import java.util.Map;

/** Compiles each payload once: recurring tasks and batches bring the same one again and again. */
final class Snapshots {
  private static final int KEPT = 512;

  /**
   * Larger ones are compiled anew each time, so that the cache stays within some 16 MiB of text.
   */
  private static final int LONGEST_KEPT = 16_384;

  private final Map<String, Snapshot> byText =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Snapshot> eldest) {
          return size() > KEPT;
        }
      };

  Snapshot of(String payload) {
    if (payload.length() > LONGEST_KEPT) {
      return Snapshot.parse(payload);
    }
    synchronized (byText) {
      Snapshot known = byText.get(payload);
      if (known != null) {
        return known;
      }
    }
    Snapshot parsed = Snapshot.parse(payload);
    synchronized (byText) {
      byText.put(payload, parsed);
    }
    return parsed;
  }
}
