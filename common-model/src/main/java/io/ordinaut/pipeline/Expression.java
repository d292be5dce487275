package io.ordinaut.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.burt.jmespath.JmesPath;
import io.ordinaut.failure.Excerpt;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A compiled JMESPath expression, or a time such as {@code now+24h}. Pure and thread-safe. */
public interface Expression {
  /** The longest expression that is accepted, in characters. */
  int MAX_LENGTH = 2_000;

  /**
   * The typed value over a context; a missing path is JSON null.
   *
   * @throws ExpressionException when a function meets a value that it can't take
   */
  JsonNode evaluate(JsonNode context);

  /** The names of the secrets that it reads. */
  default Set<String> secrets() {
    return Set.of();
  }

  /** Whether it reads the element for which its step is done. */
  default boolean readsItem() {
    return false;
  }

  /**
   * Compiles an expression.
   *
   * @param scope the names that it may begin with
   * @throws ExpressionException with a sentence when it is none
   */
  static Expression compile(String source, Scope scope) {
    String text = source.strip();
    if (text.isEmpty()) {
      throw new ExpressionException("the expression is empty.");
    }
    if (text.length() > MAX_LENGTH) {
      throw new ExpressionException("the expression is longer than " + MAX_LENGTH + " characters.");
    }
    Nesting.check(text);
    Matcher time = Compiler.NOW_PLUS.matcher(text);
    return time.matches() ? Compiler.time(time) : Compiler.jmesPath(text, scope);
  }

  /**
   * Compiles an expression that stands alone, with or without <code>${}</code> around it.
   *
   * @throws ExpressionException with a sentence when it is none
   */
  static Expression compileBare(String source, Scope scope) {
    String text = source.strip();
    return compile(
        text.startsWith("${") && text.endsWith("}") ? text.substring(2, text.length() - 1) : text,
        scope);
  }

  /** Keeps what an interface can't hide. */
  final class Compiler {
    private static final JmesPath<JsonNode> RUNTIME = new BoundedRuntime();
    private static final Pattern NOW_PLUS =
        Pattern.compile("now\\s*([+-])\\s*(\\d{1,9})\\s*(ms|s|m|h|d|w)");
    private static final Pattern BARE_NUMBER =
        Pattern.compile("(?:^|[<>]=?|[=!]=|&&|\\|\\||[!(,])\\s*-?\\d");

    private Compiler() {}

    private static Expression time(Matcher time) {
      long amount = Long.parseLong(time.group(2));
      Duration distance =
          switch (time.group(3)) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            case "h" -> Duration.ofHours(amount);
            case "d" -> Duration.ofDays(amount);
            default -> Duration.ofDays(7 * amount);
          };
      Duration signed = time.group(1).equals("+") ? distance : distance.negated();
      return context ->
          TextNode.valueOf(Instant.parse(context.path("now").asText()).plus(signed).toString());
    }

    private static Expression jmesPath(String text, Scope scope) {
      io.burt.jmespath.Expression<JsonNode> compiled;
      Roots.Read read;
      try {
        compiled = RUNTIME.compile(text);
        read = Roots.of(text, scope);
      } catch (ExpressionException e) {
        throw e;
      } catch (StackOverflowError e) {
        throw new ExpressionException("is nested too deep.");
      } catch (RuntimeException e) {
        throw new ExpressionException(
            "is not a JMESPath expression"
                + (BARE_NUMBER.matcher(text).find()
                    ? ": numbers stand in backticks, as in steps.w.temp < `0`."
                    : ": " + Excerpt.of(firstLine(e)) + "."));
      }
      return new Search(compiled, read.secrets(), read.item());
    }

    static String firstLine(RuntimeException e) {
      String line = String.valueOf(e.getMessage()).lines().findFirst().orElse("").strip();
      // What the parser would have liked instead is a list of its tokens.
      int tokens = line.indexOf(" expecting {");
      return tokens < 0 ? line : line.substring(0, tokens);
    }
  }

  /**
   * A JMESPath expression.
   *
   * @param compiled by the library
   * @param secrets that it reads
   * @param readsItem whether it reads the element for which its step is done
   */
  record Search(
      io.burt.jmespath.Expression<JsonNode> compiled, Set<String> secrets, boolean readsItem)
      implements Expression {
    @Override
    public JsonNode evaluate(JsonNode context) {
      try {
        return Effort.limited(Effort.MOST, () -> BoundedRuntime.copy(compiled.search(context)));
      } catch (ExpressionException e) {
        throw e;
      } catch (StackOverflowError e) {
        throw new ExpressionException("The expression is nested too deep.");
      } catch (OutOfMemoryError e) {
        throw new ExpressionException("The expression takes more memory than there is.");
      } catch (RuntimeException e) {
        throw new ExpressionException(Compiler.firstLine(e));
      }
    }
  }
}
