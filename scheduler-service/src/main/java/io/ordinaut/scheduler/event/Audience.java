package io.ordinaut.scheduler.event;

import io.ordinaut.schedule.Topic;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Who listens to which of a batch's topics. Each task has one pattern, so it is named once. */
final class Audience {
  private final Map<String, List<String>> patternsOfTopic = new HashMap<>();
  private final Map<String, List<Listener>> listenersOfPattern = new HashMap<>();

  /**
   * @param topics of the batch
   * @param wildcards the patterns with a wildcard that any task listens to
   */
  Audience(Collection<String> topics, List<String> wildcards) {
    for (String topic : Set.copyOf(topics)) {
      List<String> patterns = new ArrayList<>(List.of(topic));
      wildcards.stream().filter(p -> Topic.matches(p, topic)).forEach(patterns::add);
      patternsOfTopic.put(topic, patterns);
    }
  }

  /** Every topic, and every pattern that stands for one of them. */
  Set<String> patterns() {
    Set<String> all = new LinkedHashSet<>();
    patternsOfTopic.values().forEach(all::addAll);
    return all;
  }

  void add(Listener listener) {
    listenersOfPattern.computeIfAbsent(listener.pattern(), p -> new ArrayList<>()).add(listener);
  }

  /** The tasks that listen to a topic of the batch. */
  List<Listener> of(String topic) {
    return patternsOfTopic.getOrDefault(topic, List.of()).stream()
        .flatMap(pattern -> listenersOfPattern.getOrDefault(pattern, List.of()).stream())
        .toList();
  }
}
