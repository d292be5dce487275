package io.ordinaut.scheduler.check;

/**
 * Something that an operator should know.
 *
 * @param name of what is wrong, in a few words
 * @param what was found, as a sentence
 * @param advice what to do about it, as a sentence
 */
public record Symptom(String name, String what, String advice) {
  @Override
  public String toString() {
    return name + ": " + what + " " + advice;
  }
}
