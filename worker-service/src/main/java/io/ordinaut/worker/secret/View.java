package io.ordinaut.worker.secret;

import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/** A text as it reads behind an encoding, which knows where each of its characters came from. */
final class View {
  private final String text;

  /** Where each character began in the original; null for the original itself. */
  private final int @Nullable [] starts;

  private final int @Nullable [] ends;

  private View(String text, int @Nullable [] starts, int @Nullable [] ends) {
    this.text = text;
    this.starts = starts;
    this.ends = ends;
  }

  /** The text itself. */
  static View of(String text) {
    return new View(text, null, null);
  }

  /** How it reads. */
  String text() {
    return text;
  }

  /** Marks in the original what stands between two places of this view. */
  void mark(int from, int to, BitSet original) {
    original.set(startOf(from), endOf(to - 1));
  }

  private int startOf(int at) {
    return starts == null ? at : starts[at];
  }

  private int endOf(int at) {
    return ends == null ? at + 1 : ends[at];
  }

  /** What stands in base64 in it; null when nothing does. */
  @Nullable View behindBase64() {
    Base64Text found = Base64Text.in(text);
    if (found == null) {
      return null;
    }
    String decoded = found.decoded();
    int[] from = new int[decoded.length()];
    int[] to = new int[decoded.length()];
    for (int i = 0; i < from.length; i++) {
      from[i] = startOf(found.from(i));
      to[i] = endOf(found.to(i) - 1);
    }
    return new View(decoded, from, to);
  }

  /** How it reads behind one more encoding; null when that changes nothing. */
  @Nullable View through(Decoding decoding) {
    if (!decoding.mayOccurIn(text)) {
      return null;
    }
    StringBuilder decoded = new StringBuilder(text.length());
    int[] from = new int[text.length()];
    int[] to = new int[text.length()];
    boolean changed = false;
    int at = 0;
    while (at < text.length()) {
      char c = text.charAt(at);
      int taken = decoding.beginsWith(c) ? decoding.lengthAt(text, at) : 0;
      int first = decoded.length();
      if (taken == 0) {
        decoded.append(c);
        from[first] = startOf(at);
        to[first] = endOf(at);
        at++;
        continue;
      }
      decoding.append(text, at, taken, decoded);
      changed = true;
      Arrays.fill(from, first, decoded.length(), startOf(at));
      Arrays.fill(to, first, decoded.length(), endOf(at + taken - 1));
      at += taken;
    }
    return changed ? new View(decoded.toString(), from, to) : null;
  }
}
