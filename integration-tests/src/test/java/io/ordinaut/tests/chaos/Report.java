package io.ordinaut.tests.chaos;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a storm did and what came of it, as Markdown. */
final class Report {
  private static final int MOST_SHOWN = 20;

  private final String text;

  Report(Settings settings, Duration took, Storm storm, Verdict verdict) {
    StringBuilder lines = new StringBuilder("# Chaos\n\n| | |\n|---|---|\n");
    row(lines, "seed", settings.seed());
    row(lines, "faults for", settings.duration());
    row(lines, "until all was done", took);
    row(lines, "faults seen", storm.faults());
    storm.seen().forEach((fault, times) -> row(lines, fault.sentence(), times));
    row(lines, "faults begun and not seen", storm.unseen());
    row(lines, "promised: occurrences, runs by hand, events", verdict.promised());
    row(lines, "runs", verdict.runs());
    row(lines, "occurrences recorded as overlapping", verdict.recorded());
    row(lines, "side effects", verdict.effects());
    row(lines, "side effects asked for again under their key", verdict.repeated());
    Map<String, List<String>> findings = new TreeMap<>(verdict.findings());
    findings.forEach((what, found) -> row(lines, what, found.size()));
    findings.forEach(
        (what, found) ->
            found.stream()
                .limit(MOST_SHOWN)
                .forEach(one -> lines.append("\n* ").append(what).append(": ").append(one)));
    text = lines.append('\n').toString();
  }

  private static void row(StringBuilder lines, String name, Object value) {
    lines.append("| ").append(name).append(" | ").append(value).append(" |\n");
  }

  /** Prints it, and writes it where the settings say. */
  void publish(Settings settings) {
    System.out.println(text);
    if (settings.report().isEmpty()) {
      return;
    }
    try {
      Files.writeString(settings.reportFile(), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String toString() {
    return text;
  }
}
