import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Measures how late work starts on an idle Ordinaut: one-time tasks, each due at a time of its own,
 * and the difference between {@code run_at} and {@code started_at} of their runs.
 *
 * <p>{@code java bench/DueToStart.java [tasks] [milliseconds between them] [URL]}
 */
public final class DueToStart {
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private DueToStart() {}

  /** Runs it and prints percentiles. */
  public static void main(String... args) throws Exception {
    int tasks = args.length > 0 ? Integer.parseInt(args[0]) : 200;
    int apart = args.length > 1 ? Integer.parseInt(args[1]) : 50;
    String url = args.length > 2 ? args[2] : "http://localhost:8080";

    Instant first = Instant.now().plusSeconds(3).plusMillis(10L * tasks);
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < tasks; i++) {
      ids.add(create(url, first.plusMillis((long) i * apart)));
    }
    Instant last = first.plusMillis((long) tasks * apart);
    Thread.sleep(Math.max(0, Duration.between(Instant.now(), last).toMillis()) + 2_000);

    List<Double> late = new ArrayList<>();
    for (String id : ids) {
      String runs = get(url + "/v1/tasks/" + id + "/runs");
      if (!runs.contains("\"status\":\"success\"")) {
        System.out.println("Task " + id + " has no successful run: " + runs);
        System.exit(1);
      }
      Duration delay =
          Duration.between(instant(runs, "run_at"), instant(runs, "started_at"));
      late.add(delay.toNanos() / 1e6);
    }
    late.sort(null);
    System.out.printf(
        "%d tasks, due to start: p50 %.1f ms, p95 %.1f ms, p99 %.1f ms, max %.1f ms%n",
        tasks, at(late, 0.50), at(late, 0.95), at(late, 0.99), late.get(tasks - 1));
  }

  private static double at(List<Double> sorted, double share) {
    return sorted.get((int) Math.min(sorted.size() - 1, Math.ceil(share * sorted.size()) - 1));
  }

  private static String create(String url, Instant due) throws Exception {
    String body =
        """
        {"title": "due to start", "schedule_kind": "once", "schedule_expr": "%s", "payload":
          {"pipeline": [{"id": "echo", "uses": "echo-tool", "with": {"message": "hello"}}]}}"""
            .formatted(due);
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url + "/v1/tasks"))
            .header("Content-Type", "application/json")
            .timeout(Duration.ofSeconds(10))
            .POST(BodyPublishers.ofString(body))
            .build();
    String answer = HTTP.send(request, BodyHandlers.ofString()).body();
    return field(answer, "id");
  }

  private static String get(String url) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(10)).build();
    return HTTP.send(request, BodyHandlers.ofString()).body();
  }

  private static Instant instant(String json, String field) {
    return Instant.parse(field(json, field));
  }

  private static String field(String json, String name) {
    Matcher matcher = Pattern.compile("\"" + name + "\":\"([^\"]+)\"").matcher(json);
    if (!matcher.find()) {
      throw new IllegalStateException("There is no " + name + " in " + json);
    }
    return matcher.group(1);
  }
}
