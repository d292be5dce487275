/**
 * Proves over a database that nothing was lost and nothing doubled: each occurrence before a task's
 * cursor has fired once or is part of one recorded span.
 */
@NullMarked
package io.ordinaut.scheduler.check;

import org.jspecify.annotations.NullMarked;
