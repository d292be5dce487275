package io.ordinaut.tests.house;

import static org.assertj.core.api.Assertions.assertThat;

import io.ordinaut.task.TaskStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What the README says of the code is so. */
class ReadmeTest {
  private static final Pattern ROOM = Pattern.compile("(?m)^\\| \\d+ \\| `([a-z.]+[A-Za-z]+)` \\|");

  private static String readme() throws IOException {
    return Files.readString(Path.of("..", "README.md"));
  }

  @Test
  void the_diagram_of_states_is_the_one_in_the_code() throws IOException {
    for (TaskStatus status : TaskStatus.values()) {
      String next =
          status.isFinal()
              ? "(final)"
              : Arrays.stream(TaskStatus.values())
                  .filter(status.next()::contains)
                  .map(TaskStatus::stored)
                  .collect(Collectors.joining(", "));
      assertThat(readme()).contains(String.format("%-9s -> %s%n", status.stored(), next));
    }
  }

  @Test
  void the_twelve_rooms_exist() throws Exception {
    Matcher room = ROOM.matcher(readme());
    int rooms = 0;
    while (room.find()) {
      Class.forName("io.ordinaut." + room.group(1));
      rooms++;
    }
    assertThat(rooms).isEqualTo(12);
  }
}
