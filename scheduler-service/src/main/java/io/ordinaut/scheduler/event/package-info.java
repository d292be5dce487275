/** Events become signals of the tasks that listen, once per event and task. */
@NullMarked
package io.ordinaut.scheduler.event;

import org.jspecify.annotations.NullMarked;
