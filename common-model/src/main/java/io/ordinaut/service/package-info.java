/** What every service does in the same way: loops, configuration by URL, readiness, short paths. */
@NullMarked
package io.ordinaut.service;

import org.jspecify.annotations.NullMarked;
