package io.ordinaut.scheduler.check;

import java.util.List;

/**
 * What an examination found.
 *
 * @param facts how things are, a sentence each
 * @param symptoms what is wrong; empty when all is well
 */
public record Diagnosis(List<String> facts, List<Symptom> symptoms) {}
