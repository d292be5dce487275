package io.ordinaut.worker.tool.mcp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.json.Json;
import io.ordinaut.store.Db;
import io.ordinaut.worker.secret.Secrets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which tools a server has, page by page.
 *
 * @param tools that the catalogue can hold
 * @param skipped names of those that it can't
 */
record Discovery(List<FoundTool> tools, Set<String> skipped) {
  private static final int MOST_TOOLS = 500;
  private static final int MOST_PAGES = 100;
  private static final int LONGEST_NAME = 200;
  private static final int MOST_NOTES = 5;
  private static final int LONGEST_NOTE = 2_000;

  /**
   * Asks a server for all its tools, at most 500.
   *
   * @param mask over what it was told: the catalogue is read by more than those who know it
   */
  static Discovery ask(String server, Secrets mask, Pages pages) throws InterruptedException {
    Map<String, FoundTool> tools = new LinkedHashMap<>();
    Set<String> skipped = new TreeSet<>();
    ObjectNode params = Json.object();
    for (int i = 0; i < MOST_PAGES; i++) {
      JsonNode page = pages.page(params);
      for (JsonNode tool : mask.mask(page.path("tools"))) {
        FoundTool found = tools.size() < MOST_TOOLS ? FoundTool.read(server, tool) : null;
        if (found != null) {
          tools.putIfAbsent(found.name(), found);
        } else if (skipped.size() < MOST_TOOLS) {
          skipped.add(bounded(tool.path("name").asText(), LONGEST_NAME));
        }
      }
      String next = page.path("nextCursor").asText();
      if (next.isEmpty() || tools.size() == MOST_TOOLS) {
        break;
      }
      params = Json.object().put("cursor", next);
    }
    return new Discovery(List.copyOf(tools.values()), skipped);
  }

  private static String bounded(String text, int most) {
    return text.length() <= most ? text : text.substring(0, most);
  }

  /** Writes the catalogue; what an author's tool of the same name keeps out counts as skipped. */
  Discovery written(Db db, String server) {
    Set<String> taken = McpTable.replace(db, server, tools, note());
    if (taken.isEmpty()) {
      return this;
    }
    Set<String> all = new TreeSet<>(skipped);
    all.addAll(taken);
    return new Discovery(tools.stream().filter(tool -> !taken.contains(tool.name())).toList(), all);
  }

  /** What whoever looks at the server should know of its tools; null when that is nothing. */
  @Nullable String note() {
    List<String> notes =
        tools.stream()
            .filter(tool -> tool.unchecked() != null)
            .limit(MOST_NOTES)
            .map(tool -> tool.name() + " is called without a check: " + tool.unchecked())
            .toList();
    return notes.isEmpty() ? null : bounded(String.join("; ", notes), LONGEST_NOTE);
  }

  /** As the discovering tool answers. */
  JsonNode toJson() {
    ObjectNode json = Json.object();
    var names = json.putArray("tools");
    tools.forEach(tool -> names.add(tool.name()));
    var others = json.putArray("skipped");
    skipped.forEach(others::add);
    var unchecked = json.putArray("unchecked");
    tools.stream()
        .filter(tool -> tool.unchecked() != null)
        .forEach(tool -> unchecked.add(tool.name()));
    return json;
  }

  /** Where pages come from: the result of {@code tools/list} for its params. */
  interface Pages {
    /** The page that the params ask for. */
    JsonNode page(ObjectNode params) throws InterruptedException;
  }
}
