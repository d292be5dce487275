package io.ordinaut.failure;

/** What somebody sent, as a sentence quotes it: an answer is not as long as what it answers. */
public final class Excerpt {
  private static final int LONGEST = 100;
  private static final int LONGEST_REASON = 200;

  private Excerpt() {}

  /** A text, or its first hundred characters. */
  public static String of(String text) {
    return of(text, LONGEST);
  }

  /** The reason that a library gives, which may quote all that it was given; 200 characters. */
  public static String ofReason(Throwable failure) {
    return of(String.valueOf(failure.getMessage()), LONGEST_REASON);
  }

  /** A text, or as much of its beginning; no character is cut in two. */
  static String of(String text, int longest) {
    if (text.length() <= longest) {
      return text;
    }
    int end = Character.isHighSurrogate(text.charAt(longest - 1)) ? longest - 1 : longest;
    return text.substring(0, end) + "…";
  }
}
