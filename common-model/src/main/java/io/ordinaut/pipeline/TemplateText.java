package io.ordinaut.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.json.Json;
import java.util.ArrayList;
import java.util.List;

/** Splits a text into what is literal and what is an expression. */
final class TemplateText {
  /** The most characters of a rendered text. */
  static final int LONGEST = 1_048_576;

  private TemplateText() {}

  /**
   * The parts of a text in order, each a String or an {@link Expression}.
   *
   * @param faults gets a sentence for each expression that can't be read
   */
  static List<Object> split(String source, Scope scope, List<String> faults) {
    List<Object> parts = new ArrayList<>();
    StringBuilder literal = new StringBuilder();
    int at = 0;
    while (at < source.length()) {
      if (source.startsWith("$${", at)) {
        literal.append("${");
        at += 3;
      } else if (source.startsWith("${", at)) {
        int end = closingBrace(source, at + 2);
        if (end < 0) {
          faults.add(
              "has a ${ at position " + at + " that no } closes; write $${ for a literal ${.");
          break;
        }
        if (literal.length() > 0) {
          parts.add(literal.toString());
          literal.setLength(0);
        }
        try {
          parts.add(Expression.compile(source.substring(at + 2, end), scope));
        } catch (ExpressionException e) {
          faults.add("at position " + at + " " + e.getMessage());
        }
        at = end + 1;
      } else {
        literal.append(source.charAt(at++));
      }
    }
    if (literal.length() > 0 || parts.isEmpty()) {
      parts.add(literal.toString());
    }
    return parts;
  }

  /** Whether a text holds no expression. */
  static boolean isLiteral(String source) {
    return !source.replace("$${", "").contains("${");
  }

  /** A text with {} for each expression, and for all of it when one can't be read. */
  static String blanked(String source) {
    List<String> faults = new ArrayList<>();
    StringBuilder blanked = new StringBuilder();
    for (Object part : split(source, Scope.ANY, faults)) {
      blanked.append(part instanceof String literal ? literal : "{}");
    }
    return faults.isEmpty() ? blanked.toString() : "{}";
  }

  /** Where an expression ends, -1 for nowhere: braces inside it and in its quotes do not count. */
  private static int closingBrace(String source, int from) {
    int depth = 0;
    char quote = 0;
    for (int at = from; at < source.length(); at++) {
      char c = source.charAt(at);
      if (quote != 0) {
        if (c == '\\') {
          at++;
        } else if (c == quote) {
          quote = 0;
        }
      } else if (c == '\'' || c == '"' || c == '`') {
        quote = c;
      } else if (c == '{') {
        depth++;
      } else if (c == '}' && depth-- == 0) {
        return at;
      }
    }
    return -1;
  }

  /** A value as it stands inside other text: null is empty, objects and lists are JSON. */
  static String textOf(JsonNode value) {
    if (value.isTextual()) {
      return value.textValue();
    }
    return value.isNull() || value.isMissingNode() ? "" : Json.write(value);
  }
}
