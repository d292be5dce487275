package io.ordinaut.failure;

/**
 * One thing wrong with an input.
 *
 * @param field the path of the field, as a user would write it: {@code payload.pipeline[2].uses}
 * @param message a sentence that says what would be right
 */
public record Violation(String field, String message) {}
