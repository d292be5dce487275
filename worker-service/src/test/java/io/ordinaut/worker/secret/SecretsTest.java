package io.ordinaut.worker.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.json.Json;
import io.ordinaut.worker.tool.ToolException;
import java.lang.management.ManagementFactory;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class SecretsTest {
  private static final String ODD = "pä s+s/w\"o<r>d&'%41\\n=";

  private static Secrets knowing(String... values) {
    Map<String, String> vault = new HashMap<>();
    for (String value : values) {
      vault.put("S" + vault.size(), value);
    }
    Secrets secrets = new Secrets(names -> vault);
    secrets.reveal(vault.keySet());
    return secrets;
  }

  /** Every way of writing it that tools are known to answer with. */
  private static List<UnaryOperator<String>> writings() {
    Base64.Encoder plain = Base64.getEncoder();
    Base64.Encoder url = Base64.getUrlEncoder().withoutPadding();
    UnaryOperator<String> form = text -> URLEncoder.encode(text, StandardCharsets.UTF_8);
    UnaryOperator<String> json =
        text -> {
          String quoted = Json.write(Json.object().textNode(text));
          return quoted.substring(1, quoted.length() - 1);
        };
    return List.of(
        text -> text,
        form,
        text ->
            form.apply(text).toLowerCase(Locale.ROOT).equals(text) ? text : lowerHex(form, text),
        text -> form.apply(text).replace("+", "%20"),
        SecretsTest::everyByteInPercent,
        text -> plain.encodeToString(bytes(text)),
        text -> url.encodeToString(bytes(text)),
        text -> plain.encodeToString(bytes("u:" + text)),
        text -> plain.encodeToString(bytes("user:" + text + "\n")),
        text -> url.encodeToString(bytes("use:" + text + "??")),
        text -> Base64.getMimeEncoder(20, bytes("\r\n")).encodeToString(bytes("{" + text + "}")),
        text -> form.apply(plain.encodeToString(bytes("a:" + text))),
        json,
        text -> json.apply(json.apply(text)),
        text -> json.apply(json.apply(json.apply("\"" + text + "\""))),
        text -> plain.encodeToString(bytes(plain.encodeToString(bytes(text)))),
        text -> url.encodeToString(bytes("x" + url.encodeToString(bytes("ab" + text + "c")))),
        text ->
            "https:--t/" + plain.encodeToString(bytes("a:" + plain.encodeToString(bytes(text)))),
        text -> plain.encodeToString(bytes(json.apply("{\"" + text + "\"}"))),
        text ->
            json.apply(
                Base64.getMimeEncoder(20, bytes("\n"))
                    .encodeToString(bytes(plain.encodeToString(bytes(text))))),
        text -> json.apply(form.apply(text)),
        text -> json.apply(text).replace("/", "\\/"),
        text -> text.chars().mapToObj(c -> "\\u%04X".formatted(c)).collect(Collectors.joining()),
        text -> html(text, "&#39;"),
        text -> html(text, "&apos;"),
        text -> html(text, "&#x27;"),
        text -> text.codePoints().mapToObj(c -> "&#" + c + ";").collect(Collectors.joining()),
        text -> json.apply(html(text, "&#39;")));
  }

  private static String lowerHex(UnaryOperator<String> form, String text) {
    StringBuilder lower = new StringBuilder(form.apply(text));
    for (int i = lower.indexOf("%"); i >= 0; i = lower.indexOf("%", i + 3)) {
      lower.replace(i + 1, i + 3, lower.substring(i + 1, i + 3).toLowerCase(Locale.ROOT));
    }
    return lower.toString();
  }

  private static String everyByteInPercent(String text) {
    StringBuilder all = new StringBuilder();
    for (byte one : bytes(text)) {
      all.append("%%%02x".formatted(one));
    }
    return all.toString();
  }

  private static String html(String text, String apostrophe) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", apostrophe);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void a_secret_is_masked_however_it_is_written() {
    for (String secret : List.of("sesame-öffne-dich", ODD, "hunter2hunter2", "😀😀-and-more")) {
      Secrets secrets = knowing(secret);
      for (UnaryOperator<String> writing : writings()) {
        String written = writing.apply(secret);
        String masked = secrets.mask("[" + written + "]");
        // Of base64 what stood around the secret may be left.
        assertThat(masked).as(written).contains("***").hasSizeLessThan(32);
        assertThat(masked.replace("***", "").length()).as(masked).isLessThan(28);
      }
    }
  }

  @Test
  void nothing_is_left_of_random_secrets_at_random_places() {
    Random random = new Random(7);
    List<UnaryOperator<String>> writings = writings();
    for (int round = 0; round < 400; round++) {
      String secret = text(random, 8 + random.nextInt(30));
      String other = text(random, 8 + random.nextInt(8));
      Secrets secrets = knowing(secret, other);
      StringBuilder text = new StringBuilder();
      List<String> written = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        written.add(
            writings
                .get(random.nextInt(writings.size()))
                .apply(random.nextBoolean() ? secret : other));
        text.append(filler(random)).append(written.get(i)).append(filler(random));
      }
      String masked = secrets.mask(text.toString());
      written.forEach(one -> assertThat(masked).doesNotContain(one));
      assertThat(masked).doesNotContain(secret, other);
      // What stood around a secret within its base64 may be left, a few characters at most.
      assertThat(masked.replaceAll("[ .,;*]", "")).hasSizeLessThan(5 * 28);
    }
  }

  private static String text(Random random, int length) {
    String characters = "abcXYZ0123456789-_+/=%&<>\"'\\ :ß€";
    StringBuilder text = new StringBuilder("x");
    while (text.length() < length - 1) {
      text.append(characters.charAt(random.nextInt(characters.length())));
    }
    return text.append('y').toString();
  }

  private static String filler(Random random) {
    return " .,; ".repeat(1 + random.nextInt(3));
  }

  @Test
  void neighbours_that_share_bits_with_a_secret_in_base64_go_with_it() {
    String secret = "hunter2hunter2";
    String basic = Base64.getEncoder().encodeToString(bytes("me:" + secret + "more"));
    // Of "me:" all is left; of the character behind the secret only what says nothing of it.
    assertThat(knowing(secret).mask(basic)).startsWith("bWU6***").hasSizeLessThan(14);
    String shifted = Base64.getEncoder().encodeToString(bytes("m:" + secret));
    assertThat(knowing(secret).mask(shifted)).isEqualTo("bT***==");
  }

  @Test
  void longer_secrets_win_and_overlapping_ones_leave_nothing_between() {
    assertThat(knowing("abcdefgh", "abcdefghijklmnop").mask("<abcdefghijklmnop>"))
        .isEqualTo("<***>");
    assertThat(knowing("abcdefghij", "ghijklmnop").mask("<abcdefghijklmnop>")).isEqualTo("<***>");
    assertThat(knowing("aaaaaaaa").mask("aaaaaaaaaaaaa")).isEqualTo("***");
  }

  @Test
  void a_secret_that_a_tool_trims_is_masked_all_the_same() {
    assertThat(knowing("  hunter2hunter2\n").mask("Bearer hunter2hunter2."))
        .isEqualTo("Bearer ***.");
  }

  @Test
  void a_secret_that_was_cut_at_the_end_of_a_text_is_masked_as_far_as_it_goes() {
    Secrets secrets = knowing("hunter2hunter2");
    assertThat(secrets.mask("The tool said: hunter2hun")).isEqualTo("The tool said: ***");
    assertThat(secrets.mask("The tool said: hunter2hun…")).isEqualTo("The tool said: ***…");
    String basic = Base64.getEncoder().encodeToString(bytes("me:hunter2hunter2"));
    assertThat(secrets.mask("Basic " + basic.substring(0, 16))).isEqualTo("Basic bWU6***");
    assertThat(secrets.mask("Cut: hunt")).isEqualTo("Cut: hunt");
  }

  @Test
  void json_is_masked_everywhere_in_it() {
    Secrets secrets = knowing("hunter2hunter2", "31415926535");
    JsonNode value =
        Json.read(
            """
            {"a": ["hunter2hunter2", {"x-hunter2hunter2": 1}], "n": 31415926535, "f": 3.1415926535E10,
             "l": 314159265350, "keep": 31, "plain": true, "nothing": null}""");
    assertThat(secrets.mask(value))
        .isEqualTo(
            Json.read(
                """
                {"a": ["***", {"x-***": 1}], "n": "***", "f": "***", "l": "***", "keep": 31,
                 "plain": true, "nothing": null}"""));
  }

  @Test
  void a_number_that_lost_its_last_digits_on_the_way_is_masked_too() {
    Secrets secrets = knowing("12345678901234567890", "00314159265");
    assertThat(secrets.mask(Json.object().numberNode(12345678901234567890.0)).asText())
        .isEqualTo("***");
    assertThat(secrets.mask(Json.object().numberNode(314159265L)).asText()).isEqualTo("***");
    assertThat(secrets.mask(Json.object().numberNode(314159266L)).asText()).isEqualTo("314159266");
  }

  @Test
  void fields_that_differ_in_their_secrets_only_stay_apart() {
    Secrets secrets = knowing("hunter2hunter2", "sesame-sesame");
    JsonNode masked =
        secrets.mask(Json.read("{\"hunter2hunter2\": 1, \"sesame-sesame\": 2, \"***\": 3}"));
    assertThat(masked.size()).isEqualTo(3);
    assertThat(masked.get("***").asInt()).isEqualTo(3);
  }

  @Test
  void what_holds_no_secret_is_the_very_same() {
    JsonNode value = Json.read("{\"a\": [1, \"two\", {\"b\": \"50% off & more\\n\"}]}");
    assertThat(knowing("hunter2hunter2").mask(value)).isSameAs(value);
    assertThat(new Secrets(names -> Map.of()).mask(value)).isSameAs(value);
  }

  /** How long a processor was at work for this thread, however busy it is with others. */
  private static Duration cpuTime() {
    return Duration.ofNanos(ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime());
  }

  @Test
  @Timeout(60)
  void a_large_text_costs_no_more_than_its_length() {
    Duration began = cpuTime();
    Secrets secrets = knowing("hunter2hunter2", ODD, "sesame-sesame");
    for (String piece :
        List.of(
            "&",
            "%",
            "\\",
            "&amp;%26\\n+",
            "a+b\r\n",
            "hunter2hunter.",
            "\\\\",
            "SHVudGVyMkh1bnRlcjI.")) {
      String large = piece.repeat(262_144 / piece.length());
      assertThat(secrets.mask(large)).isEqualTo(large);
    }
    String full = "hunter2hunter2 ".repeat(17_000);
    assertThat(secrets.mask(full)).doesNotContain("hunter").hasSizeLessThan(100_000);
    assertThat(cpuTime().minus(began)).isLessThan(Duration.ofSeconds(10));
  }

  @Test
  @Timeout(60)
  void many_secrets_and_long_ones_cost_no_more() {
    Duration began = cpuTime();
    Random random = new Random(3);
    byte[] noise = new byte[190_000];
    random.nextBytes(noise);
    String large = Base64.getEncoder().encodeToString(noise);
    Secrets many = Secrets.over(Stream.generate(() -> text(random, 40)).limit(400).toList());
    for (int i = 0; i < 3; i++) {
      assertThat(many.mask(large)).isEqualTo(large);
    }
    Secrets alike =
        Secrets.over(IntStream.range(0, 8).mapToObj(i -> "a".repeat(32_768 - i) + "b").toList());
    String letters = "a".repeat(262_144);
    assertThat(alike.mask(letters + "b" + letters))
        .startsWith("a")
        .contains("a***a")
        .endsWith("a***");
    assertThat(Secrets.over(List.of("a".repeat(32_768))).mask(letters)).isEqualTo("***");
    assertThat(cpuTime().minus(began)).isLessThan(Duration.ofSeconds(15));
  }

  @Test
  void a_secret_that_is_not_there_is_a_fault_of_the_template() {
    Secrets secrets = new Secrets(names -> Map.of("HERE", "hunter2hunter2"));
    assertThatThrownBy(() -> secrets.reveal(Set.of("HERE", "GONE")))
        .isInstanceOfSatisfying(
            ToolException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.TEMPLATE_ERROR))
        .hasMessage("There is no secret named GONE.");
    assertThat(secrets.reveal(Set.of("HERE")))
        .isEqualTo(Json.read("{\"HERE\": \"hunter2hunter2\"}"));
    assertThat(secrets.masked(Set.of("HERE"))).isEqualTo(Json.read("{\"HERE\": \"***\"}"));
  }

  @Test
  void a_changed_secret_is_seen_and_the_old_one_stays_masked() {
    AtomicInteger version = new AtomicInteger();
    Secrets secrets =
        new Secrets(names -> Map.of("S", "hunter2-version-" + version.incrementAndGet()));
    assertThat(secrets.reveal(Set.of("S")).get("S").asText()).isEqualTo("hunter2-version-1");
    assertThat(secrets.reveal(Set.of("S")).get("S").asText()).isEqualTo("hunter2-version-2");
    assertThat(secrets.mask("hunter2-version-1, hunter2-version-2")).isEqualTo("***, ***");
  }

  @Test
  void what_a_secret_was_while_the_run_waited_is_masked_and_asked_for_once() {
    AtomicInteger asked = new AtomicInteger();
    Secrets secrets =
        new Secrets(
            names -> Map.of("S", "hunter2-version-3"),
            names -> {
              asked.incrementAndGet();
              return List.of("hunter2-version-1", "hunter2-version-2");
            });
    secrets.expect(Set.of("S"));
    secrets.reveal(Set.of("S"));
    assertThat(secrets.mask("hunter2-version-1 hunter2-version-2 hunter2-version-3"))
        .isEqualTo("*** *** ***");
    assertThat(asked).hasValue(1);
  }

  @Test
  void what_a_pipeline_names_is_masked_before_it_is_revealed() {
    Map<String, String> vault = Map.of("A", "hunter2hunter2", "B", "sesame-sesame");
    Secrets secrets = new Secrets(names -> unreadable(vault, names));
    secrets.expect(Set.of("A", "LOCKED", "GONE"));
    assertThat(secrets.mask("hunter2hunter2 and sesame-sesame")).isEqualTo("*** and sesame-sesame");
  }

  private static Map<String, String> unreadable(Map<String, String> vault, Set<String> names) {
    if (names.contains("LOCKED")) {
      throw new ToolException(ErrorCode.TEMPLATE_ERROR, "It does not open.");
    }
    return vault.entrySet().stream()
        .filter(one -> names.contains(one.getKey()))
        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  @Test
  void masking_is_quick_where_there_is_no_secret() {
    Secrets secrets = new Secrets(names -> Map.of());
    String large = "x".repeat(1_000_000);
    Duration began = cpuTime();
    for (int i = 0; i < 1_000; i++) {
      assertThat(secrets.mask(large)).isSameAs(large);
    }
    assertThat(cpuTime().minus(began)).isLessThan(Duration.ofSeconds(1));
  }
}
