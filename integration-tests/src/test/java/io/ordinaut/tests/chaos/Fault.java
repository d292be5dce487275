package io.ordinaut.tests.chaos;

import java.util.ArrayList;
import java.util.List;

/** What can happen to the fleet. What costs a start of a JVM happens more seldom. */
enum Fault {
  KILL_WORKER(5, "a worker is killed (kill -9) and started again"),
  KILL_SCHEDULER(3, "a scheduler is killed (kill -9) and started again"),
  FREEZE_WORKER(6, "a worker stands still (SIGSTOP) for longer than its leases, and goes on"),
  FREEZE_SCHEDULER(4, "a scheduler stands still (SIGSTOP) for some seconds, and goes on"),
  CUT_CONNECTIONS(8, "connections of services are cut (pg_terminate_backend)"),
  CRASH_POSTGRES(4, "PostgreSQL is stopped in immediate mode and started again"),
  FLUSH_REDIS(6, "Redis loses all its data (FLUSHALL)"),
  RESTART_REDIS(5, "Redis is stopped and started again"),
  SKEW_WORKER(3, "a worker is replaced by one whose wall clock is minutes off");

  private final int weight;
  private final String sentence;

  Fault(int weight, String sentence) {
    this.weight = weight;
    this.sentence = sentence;
  }

  String sentence() {
    return sentence;
  }

  /** All kinds, each as often as its weight says. */
  static List<Fault> weighted() {
    List<Fault> all = new ArrayList<>();
    for (Fault fault : values()) {
      for (int i = 0; i < fault.weight; i++) {
        all.add(fault);
      }
    }
    return all;
  }
}
