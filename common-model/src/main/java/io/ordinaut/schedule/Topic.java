package io.ordinaut.schedule;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Topics of events and patterns of them. A topic is a row of segments with dots between; in a
 * pattern {@code *} stands for one segment and a {@code #} at the end for all that follow, also
 * none.
 */
public final class Topic {
  /** The longest topic and the longest pattern, in characters. */
  public static final int MAX_LENGTH = 100;

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._:-]{1,100}");
  private static final Pattern PATTERN =
      Pattern.compile("#|(\\*|[A-Za-z0-9_:-]+)(\\.(\\*|[A-Za-z0-9_:-]+))*(\\.#)?");

  private Topic() {}

  /** What is wrong with the name of a topic; null when nothing is. */
  public static @Nullable String faultOfName(String topic) {
    return NAME.matcher(topic).matches()
        ? null
        : "must be a topic such as order.created: 1–100 letters, digits, '.', '_', ':' and '-'.";
  }

  /** What is wrong with a pattern of topics; null when nothing is. */
  public static @Nullable String faultOfPattern(String pattern) {
    return pattern.length() <= MAX_LENGTH && PATTERN.matcher(pattern).matches()
        ? null
        : "must be a topic such as order.created, order.* (any one segment) or order.# (all that"
            + " follow): at most 100 characters.";
  }

  /** Whether a topic is one that a pattern stands for. */
  public static boolean matches(String pattern, String topic) {
    String[] wanted = pattern.split("\\.", -1);
    String[] given = topic.split("\\.", -1);
    for (int i = 0; i < wanted.length; i++) {
      if (wanted[i].equals("#")) {
        return true;
      }
      if (i >= given.length || !(wanted[i].equals("*") || wanted[i].equals(given[i]))) {
        return false;
      }
    }
    return wanted.length == given.length;
  }
}
