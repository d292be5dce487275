package io.ordinaut.scheduler.event;

/** An event that one task wants. */
record Firing(Event event, Listener listener) {}
